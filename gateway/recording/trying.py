"""Whether a recorded scenario passes with the rules of then."""

from gateway.scenarios.playing import play
from gateway.scenarios.reading import read_scenario
from gateway.scenarios.telling import wrong_lines
from gateway.scenarios.values import Surroundings
from rules.loader import report


async def wrong_with(file: str, text: str, around: Surroundings) -> list[str]:
    """Lines that tell what is not as it was when the scenario is played; none where all is."""
    read = read_scenario(file, text.encode(), around)
    if read.scenario is None:
        return report(read.found, read.texts).splitlines()
    told = [await play(read.scenario, story, around) for story in read.scenario.stories]
    return [line for one in told for line in wrong_lines(one)]
