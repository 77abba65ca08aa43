"""Other files, whose names say .csv."""

import gzip
import io
import json
import zipfile

from tests.gateway.sheets.awkward import PLAIN, awkward

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PAGE = "\r\n<html><body><table><tr><td>external_id</td></tr></table></body></html>"


def zipped(*names: str, **parts: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in [*parts.items(), *((name, "") for name in names)]:
            archive.writestr(name, text)
    return file.getvalue()


KINDS = (
    awkward(
        "an old workbook", OLE + bytes(2_000), "this is an old Excel workbook (.xls), not a contact list: open it in"
    ),
    awkward("a locked workbook", OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
    awkward(
        "an OpenDocument file",
        zipped("content.xml", mimetype="application/vnd.oasis.opendocument.spreadsheet"),
        "(.ods)",
    ),
    awkward("a binary workbook", zipped("[Content_Types].xml", "xl/workbook.bin"), "a binary Excel workbook (.xlsb)"),
    awkward("a Word document", zipped("[Content_Types].xml", "word/document.xml"), "a Word document"),
    awkward("a Numbers document", zipped("Index/Document.iwa"), "a Numbers document"),
    awkward("a ZIP archive", zipped("contacts.csv"), "a ZIP archive, not a contact list: unpack it"),
    awkward("a cut ZIP archive", zipped("contacts.csv")[:60], "a damaged ZIP archive or workbook"),
    awkward("a gzip archive", gzip.compress(PLAIN.encode()), "a gzip archive"),
    awkward("a PDF document", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF document"),
    awkward("a web page that calls itself a workbook", PAGE, "a web page (HTML)"),
    awkward("a web page in UTF-16", PAGE.encode("utf-16"), "a web page (HTML)"),
    awkward("XML", '<?xml version="1.0"?><Workbook/>', "an XML file"),
    awkward("JSON", json.dumps([{"external_id": "A"}]), "this is JSON, not a contact list: send JSON to the API"),
    awkward("vCards", "BEGIN:VCARD\r\nVERSION:3.0\r\n", "a file of vCards"),
    awkward("a picture", b"\x89PNG\r\n\x1a\n", "a picture (PNG)"),
)
