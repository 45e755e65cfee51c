"""The routes of recordings, with the right that each asks for."""

from __future__ import annotations

from web.api import library, recording_comments, recording_shares, recordings
from web.auth.rights import Right
from web.routes import SIGNED_IN, Route

V1 = "/api/v1"
ONE = f"{V1}/recordings/{{id}}"
LINK = f"{V1}/shared-recordings/{{token}}"

LIBRARY = (
    Route(
        "GET", f"{V1}/recordings", library.list_recordings, Right.RECORDING_READ, "Find recordings"
    ),
    Route("GET", ONE, library.read_recording, Right.RECORDING_READ, "What is known of a recording"),
    Route(
        "GET",
        f"{ONE}/audio",
        recordings.play_recording,
        Right.RECORDING_LISTEN,
        "The sound, whole or a range of it; each access is written down",
        produces="audio/*",
        writes=True,
    ),
    Route(
        "GET",
        f"{ONE}/peaks",
        recordings.read_peaks,
        Right.RECORDING_LISTEN,
        "How loud it is from begin to end",
        writes=True,
    ),
    Route(
        "GET",
        f"{ONE}/download",
        recordings.download_recording,
        Right.RECORDING_DOWNLOAD,
        "The sound as a file to keep; each time is written down",
        produces="audio/*",
        writes=True,
    ),
)
COMMENTS = (
    Route(
        "GET",
        f"{ONE}/comments",
        recording_comments.list_comments,
        Right.RECORDING_LISTEN,
        "What was said of it, in its order",
    ),
    Route(
        "POST",
        f"{ONE}/comments",
        recording_comments.add_comment,
        Right.RECORDING_LISTEN,
        "Say something of a moment",
        status=201,
    ),
    Route(
        "PATCH",
        f"{ONE}/comments/{{comment}}",
        recording_comments.change_comment,
        Right.RECORDING_LISTEN,
        "Change what one said",
    ),
    Route(
        "DELETE",
        f"{ONE}/comments/{{comment}}",
        recording_comments.remove_comment,
        Right.RECORDING_LISTEN,
        "Take away what one said",
    ),
)
SHARES = (
    Route(
        "GET",
        f"{ONE}/shares",
        recording_shares.list_shares,
        Right.RECORDING_SHARE,
        "The links to it, those that are over too",
    ),
    Route(
        "POST",
        f"{ONE}/shares",
        recording_shares.share_recording,
        Right.RECORDING_SHARE,
        "A link for people of the house, for some hours",
        status=201,
    ),
    Route(
        "DELETE",
        f"{ONE}/shares/{{share}}",
        recording_shares.revoke_share,
        Right.RECORDING_SHARE,
        "Take a link back",
    ),
    Route(
        "GET",
        LINK,
        recording_shares.read_shared,
        SIGNED_IN,
        "What a link leads to; written down",
        writes=True,
    ),
    Route(
        "GET",
        f"{LINK}/audio",
        recording_shares.play_shared,
        SIGNED_IN,
        "Its sound, whole or a range of it; each access is written down",
        produces="audio/*",
        writes=True,
    ),
    Route(
        "GET",
        f"{LINK}/peaks",
        recording_shares.read_shared_peaks,
        SIGNED_IN,
        "How loud it is from begin to end",
        writes=True,
    ),
)
RECORDINGS = LIBRARY + COMMENTS + SHARES
