"""People of a schedule: users that upload and delete, operators, and editors that change single videos.

A person whose request gets no answer repeats it, at the latest after the faults have ended.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from services.api.actions import deletion, dismissal, posters, retries
from services.api.actions.lost_pictures import has_pictures
from services.api.jobs.batches import change_videos
from services.api.jobs.job import StoredJob
from services.api.routes.videos import retry_video
from services.api.schema.action_models import RedriveRequest
from services.api.schema.poster_models import PosterChoice
from services.api.schema.problems import ApiError, NotFoundError
from services.aws.bucket import Bucket
from services.aws.errors import AwsError
from services.aws.table.listing import VideoListing
from services.contract.records import VideoRecord, VideoState
from tests.model.threads import Event

if TYPE_CHECKING:
    from services.api.schema.models import JobKind
    from tests.model.world import World

BUCKET, TABLE = "videos", "table"
KEYS = ("uploads/a.mp4", "uploads/a.mov", "uploads/b.mp4")
KINDS = ("good",) * 7 + ("once",) + ("broken", "broken", "broken", "degraded", "degraded", "full", "flaky", "poison")
PAUSES_S = (0.0, 0.5, 3.0, 10.0, 40.0, 0.1, 0.0, 1.0)
_LONG_PAUSES_S = (10.0, 0.0, 3.0, 40.0, 20.0, 100.0, 5.0, 60.0)
"""Pauses of editors, whose acts change most videos only after a worker has ended them."""

_REPEATS = 3
"""Requests of one action before its person waits for the end of the faults."""


@dataclass
class Purged:
    """A purge that an operator has started."""

    id: str
    cutoff: datetime


@dataclass(eq=False)
class Act:
    """A change of one video that a person has asked for."""

    kind: str
    key: str
    began_at: float
    ask: Callable[[Any], object] = lambda _: None
    ended_at: float | None = None
    """None while no request was answered."""
    is_done: bool = False
    """False if the last answer was a refusal."""


class People:
    """All people of one schedule."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._choices = world.choices
        self._simulation = world.simulation
        self.acts: list[Act] = []
        self.purges: list[Purged] = []
        self.uploads = 0

    def begin(self) -> None:
        """Start all people."""
        world, choices = self._world, self._choices
        for number in range(1 + choices.below(2)):
            world.start_script(f"user-{number}", self._act_as_user, 1 + choices.below(4))
        world.start_script("operator", self._act_as_operator, choices.below(4))
        world.start_script("editor", self._act_as_editor, choices.below(3), _LONG_PAUSES_S)

    def repeat_unanswered(self) -> None:
        """Ask again for everything that was not answered: the faults have ended."""
        left = [act for act in self.acts if act.ended_at is None]
        if left:
            self._world.start_script("editor", lambda: self._request_all(left), 1)

    def _act_as_user(self) -> None:
        key = KEYS[self._choices.below(3)]
        now = self._simulation.now
        if self._choices.below(5) == 4:
            self._world.s3.delete_object(Bucket=BUCKET, Key=key)
            self.acts.append(Act("remove", key, now, ended_at=self._simulation.now, is_done=True))
            return
        present = self._world.bucket.current(key)
        if present is not None and present.body is not None and self._choices.below(4) == 3:
            body = present.body
        else:
            self.uploads += 1
            kind = KINDS[self._choices.below(16)]
            body = f"{kind:8}{self.uploads:04}".encode().ljust(48, b".")
        self._world.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        self.acts.append(Act("put", key, now, ended_at=self._simulation.now, is_done=True))

    # Operators.

    def _act_as_operator(self) -> None:
        actions: tuple[Callable[[], object], ...] = (
            self._purge,
            self._retry,
            self._redrive,
            self._world.start_reindex,
            self._world.drain,
            self._world.change_settings,
            self._list_letters,
            self._purge,
        )
        actions[self._choices.below(len(actions))]()

    def _ask_api(self, ask: Callable[[Any], object], on_end: Callable[[], object] = lambda: None) -> bool:
        """Have a thread of an api answer a request, whose person does not wait; return False if no api runs."""
        world = self._world
        if not world.apis:
            return False
        api = list(world.apis)[self._choices.below(len(world.apis))]
        services = world.apis[api]
        world.scripts += 1

        def answer() -> None:
            try:
                ask(services)
            except (AwsError, ApiError) as error:
                self._simulation.note(f"request refused: {error}")

        def end() -> None:
            world.scripts -= 1
            on_end()

        api.spawn(answer, "request", end)
        return True

    def _purge(self) -> None:
        def ask(services: Any) -> None:
            counted, _ = services.purge.start(services.purge.preview().confirmation)
            self.purges.append(Purged(counted.id, counted.cutoff))

        self._ask_api(ask)

    def _retry(self) -> None:
        number = self._choices.below(4)

        def ask(services: Any) -> None:
            # An index that is behind lists videos that are no longer failed, or misses some.
            keys = KEYS[number : number + 1] or [one.key for one in self.list_videos((VideoState.FAILED,))]
            for key in keys:
                retry_video(key, None, services)  # type: ignore[arg-type]

        self._ask_api(ask)

    def list_videos(self, states: tuple[VideoState, ...]) -> list[VideoRecord]:
        """Return the videos as the api lists them."""
        listing = VideoListing(self._world.table, TABLE)  # type: ignore[arg-type]
        page = listing.page(states, 2)
        found = [*page.records]
        while not page.is_last:
            page = listing.page(states, 2, start=page.positions)
            found += page.records
        return found

    def _redrive(self) -> None:
        limit = (1000, 1)[self._choices.below(2)]
        self._ask_api(lambda services: services.dead_letters.redrive(RedriveRequest(limit=limit)))

    def _list_letters(self) -> None:
        self._ask_api(lambda services: services.dead_letters.list_letters())

    # Editors, who change single videos, and wait for the answer.

    def _act_as_editor(self) -> None:
        actions = (
            ("delete", lambda stores, key: _delete(stores, key, with_upload=False)),
            ("delete", lambda stores, key: _delete(stores, key, with_upload=True)),
            ("regenerate", _regenerate),
            ("restore", deletion.restore_video),
            ("dismiss", dismissal.dismiss_video),
            ("undo", _undo_dismissal),
            ("regenerate", _pin_or_regenerate),
            ("change", None),
        )
        number = self._choices.below(len(actions) + 1)
        if number == len(actions):
            self._world.start_reconcile()
            return
        kind, act = actions[number]
        if act is None:
            self._change_many()
            return
        key = KEYS[self._choices.below(3)]
        asked = Act(kind, key, self._simulation.now, ask=lambda stores: act(stores, key))
        self.acts.append(asked)
        self._request(asked)

    def _request_all(self, acts: Sequence[Act]) -> None:
        for act in acts:
            self._request(act)

    def _request(self, act: Act) -> None:
        """Ask until there is an answer; as long as there are faults, at most `_REPEATS` times."""
        for number in itertools.count():
            if number >= _REPEATS and not self._world.is_healed:
                return
            ended = Event()

            def ask(services: Any) -> None:
                try:
                    act.ask(services)
                except ApiError as error:
                    self._simulation.note(f"request refused: {error}")
                else:
                    act.is_done = True
                act.ended_at = self._simulation.now

            if self._ask_api(ask, ended.set):
                ended.wait()
            if act.ended_at is not None:
                return
            self._simulation.sleep(3.0)

    def _change_many(self) -> None:
        """Run one step of a job: it changes all videos, and is repeated if its process ends."""
        kinds: tuple[JobKind, ...] = ("delete", "regenerate", "retry", "dismiss")
        kind = kinds[self._choices.below(len(kinds))]
        now = self._simulation.now
        job = StoredJob(
            id="job",
            kind=kind,
            upload=False,
            filter=None,
            max_videos=None,
            phase="running",
            owner="person",
            created_at=datetime.fromtimestamp(now, UTC),
        )
        acts = [Act(kind, key, now, ended_at=now) for key in KEYS]
        tries = 0

        def ask(stores: Any) -> None:
            nonlocal tries
            tries += 1
            failures = change_videos(stores, job, KEYS, is_repeated=tries > 1).failures
            refused = {failure.key for failure in failures if "AWS does not answer" not in failure.reason}
            if len(refused) < len(failures):
                raise AwsError("a video of the job is left")
            for act in acts:
                # A repeated deletion does not say if there was a video.
                act.is_done = act.key not in refused and (kind != "delete" or tries == 1)
                act.ended_at = self._simulation.now

        self.acts += acts
        request = Act("job", "", now, ask=ask)
        self.acts.append(request)
        self._request(request)


def _delete(stores: Any, key: str, *, with_upload: bool) -> None:
    try:
        deletion.delete_video(stores, key, with_upload=with_upload)
    except NotFoundError:
        # A request before it, which was not answered, may have deleted everything.
        if not with_upload or _is_stored(stores.bucket, key):
            raise


def _is_stored(bucket: Bucket, key: str) -> bool:
    return any(info.key == key for info in bucket.list(key))


def _regenerate(stores: Any, key: str) -> None:
    retries.regenerate_record(stores, _find(stores, key))


def _pin_or_regenerate(stores: Any, key: str) -> None:
    """Pin another frame of a video that is done; another video gets new thumbnails."""
    record = _find(stores, key)
    if has_pictures(record):
        posters.change_poster(stores, record, PosterChoice(time_s=float(record.attempt)))
    else:
        retries.regenerate_record(stores, record)


def _undo_dismissal(stores: Any, key: str) -> None:
    dismissal.restore_failure(stores, _find(stores, key))


def _find(stores: Any, key: str) -> VideoRecord:
    record: VideoRecord | None = stores.videos.get(key)
    if record is None:
        raise NotFoundError(key)
    return record
