"""The routes of quality on one page, with the right that each asks for."""

from __future__ import annotations

from web.api import quality, quality_settings
from web.api.quality_trend import read_quality_trend
from web.auth.rights import Right
from web.routes import Handler, Route

V1 = "/api/v1/quality"
ONE = f"{V1}/scores/{{id}}"
READ, SCORE, CONFIGURE = Right.QUALITY_READ, Right.QUALITY_SCORE, Right.QUALITY_CONFIGURE


def _step(name: str, handler: Handler, right: Right, summary: str, method: str = "POST") -> Route:
    return Route(method, f"{ONE}/{name}", handler, right, summary)


SCORES = (
    Route("GET", f"{V1}/work", quality.list_quality_work, SCORE, "What is to be scored"),
    Route("GET", f"{V1}/counts", quality.count_quality, READ, "How much waits for oneself"),
    Route("GET", f"{V1}/scores", quality.list_quality_results, READ, "Scores of agents in reach"),
    Route("GET", f"{V1}/trend", read_quality_trend, READ, "Scores by week or month"),
    Route("POST", f"{V1}/scores", quality.open_score, SCORE, "Score a call", status=201),
    Route("GET", ONE, quality.read_score, READ, "A score with its sheet as it was"),
    _step("draft", quality.save_score_draft, SCORE, "Keep a draft; 409 with what is there", "PUT"),
    _step("submit", quality.submit_score, SCORE, "Let the agent see it"),
    _step("assign", quality.assign_score, SCORE, "Who is to score it"),
    _step("drop", quality.drop_score, SCORE, "It cannot be scored; the sample gets another"),
    _step("acknowledge", quality.acknowledge_score, READ, "I have seen my score"),
    _step("dispute", quality.dispute_score, READ, "I disagree with my score"),
    _step("decide", quality.decide_score, SCORE, "The score stays, or is changed"),
)
SETTINGS = (
    Route("GET", f"{V1}/evaluators", quality_settings.list_evaluators, READ, "Who may score"),
    Route("GET", f"{V1}/sheets", quality_settings.list_sheets, READ, "Score sheets"),
    Route(
        "POST", f"{V1}/sheets", quality_settings.create_sheet, CONFIGURE, "New sheet", status=201
    ),
    Route(
        "PUT",
        f"{V1}/sheets/{{id}}",
        quality_settings.change_sheet,
        CONFIGURE,
        "A new version of a sheet; retire it with active: false",
    ),
    Route(
        "GET",
        f"{V1}/sheets/{{id}}/versions",
        quality_settings.list_sheet_versions,
        CONFIGURE,
        "What a sheet asked before",
    ),
    Route(
        "GET",
        f"{V1}/sampling-rules",
        quality_settings.list_quality_rules,
        CONFIGURE,
        "Which calls are to be scored",
    ),
    Route(
        "POST",
        f"{V1}/sampling-rules",
        quality_settings.create_quality_rule,
        CONFIGURE,
        "New sampling rule",
        status=201,
    ),
    Route(
        "PUT",
        f"{V1}/sampling-rules/{{id}}",
        quality_settings.change_quality_rule,
        CONFIGURE,
        "Change a sampling rule",
    ),
    Route(
        "DELETE",
        f"{V1}/sampling-rules/{{id}}",
        quality_settings.delete_quality_rule,
        CONFIGURE,
        "Delete a sampling rule; what it chose stays",
    ),
    Route(
        "POST",
        f"{V1}/sampling-rules/{{id}}/run",
        quality_settings.sample_now,
        CONFIGURE,
        "Give out what is due now",
    ),
)
QUALITY = SCORES + SETTINGS
