"""Imports of contact lists, from the file that came to its last row.

An upload is a file in the uploads folder, and a row of the database that says how far it is (`desk`). Each campaign
imports one at a time (`runner`): a process of its own reads and checks the file (`reader`, started by `process`) and
hands over chunks of rows (`chunks`), which are kept one transaction each (`rows`). Whatever is cut off goes on after
the last row that was kept; no row is kept or reported twice, whoever reads the file, and however often.
"""
