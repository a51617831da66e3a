# SPDX-License-Identifier: EUPL-1.2
"""The picture for aiming: no larger than 640x360 and five a second, for live alone.

What a camera gives at that size or below goes on untouched. Anything larger is decoded, made small and coded again, in
a thread of its own: the camera's thread never waits. What waits there is bounded; when the machine cannot keep up,
pictures are left out up to the next keyframe. Nothing of it is kept.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from fractions import Fraction
from typing import Protocol

import av
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from edge.media import TIMESCALE, AccessUnit, BrokenStreamError, VideoFormat, to_avcc

WIDTH, HEIGHT = 640, 360
FPS = 5
KBIT_S = 300
GOP_S = 2
WAITING_LIMIT = 64  # pictures: two seconds
STOP_WITHIN_S = 0.5


class Shown(Protocol):
    """What the small picture goes to: `edge.live.branch.LiveBranch`."""

    def begin(self, video_format: VideoFormat) -> None:
        """Pictures of this format follow."""

    def add(self, unit: AccessUnit) -> None:
        """Send one picture."""


class Small:
    """A branch of the camera. `stop` ends its thread; afterwards nothing more is passed on."""

    def __init__(self, shown: Shown, tell: Callable[[str], None]) -> None:
        """`tell` hears in words why there is no picture."""
        self._shown, self._tell = shown, tell
        self._waiting: queue.Queue[VideoFormat | AccessUnit | None] = queue.Queue(WAITING_LIMIT)
        self._behind = False
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="small picture", daemon=True)
        self._thread.start()

    def begin(self, video_format: VideoFormat) -> None:
        """The camera (re)starts with this format."""
        self._behind = not self._put(video_format)

    def add(self, unit: AccessUnit) -> None:
        """Take one picture, without waiting."""
        if self._behind and not unit.keyframe:
            return
        self._behind = not self._put(unit)

    def stop(self) -> None:
        """End."""
        self._stopped.set()
        self._put(None)
        self._thread.join(STOP_WITHIN_S)

    def _put(self, item: VideoFormat | AccessUnit | None) -> bool:
        try:
            self._waiting.put_nowait(item)
        except queue.Full:
            return False
        return True

    def _run(self) -> None:
        coder: Coder | None = None
        while not self._stopped.is_set():
            item = self._waiting.get()
            if isinstance(item, VideoFormat):
                coder = None if fits(item) else Coder(item)
                if coder is None:
                    self._shown.begin(item)
            elif item is not None:
                coder = self._pass(item, coder)

    def _pass(self, unit: AccessUnit, coder: Coder | None) -> Coder | None:
        """Pass on a picture, or what became of it; gives the coder for the next one."""
        if coder is None:
            self._shown.add(unit)
            return None
        try:
            for made in coder.smaller(unit):
                if self._stopped.is_set():
                    return coder
                if isinstance(made, VideoFormat):
                    self._shown.begin(made)
                else:
                    self._shown.add(made)
        except (av.FFmpegError, BrokenStreamError) as error:
            self._tell(f"the picture for aiming cannot be made small: {error}")
            return Coder(coder.source)
        return coder


def fits(video_format: VideoFormat) -> bool:
    """Whether pictures of this format are small already."""
    return video_format.width <= WIDTH and video_format.height <= HEIGHT


def small_size(width: int, height: int) -> tuple[int, int]:
    """The largest even size within the bounds, in the same shape."""
    scale = min(Fraction(WIDTH, width), Fraction(HEIGHT, height))
    return max(2, int(width * scale) // 2 * 2), max(2, int(height * scale) // 2 * 2)


class Coder:
    """Decodes pictures of one format, and codes five of them a second, small."""

    def __init__(self, source: VideoFormat) -> None:
        self.source = source
        self._decoder = VideoCodecContext.create("h264", "r")
        self._decoder.extradata = source.avcc
        self._decoder.thread_count = 1  # more threads hold pictures back, and a unit has other work
        self._encoder = _encoder(*small_size(source.width, source.height))
        self._captured: dict[int, AccessUnit] = {}  # by pts, of what the decoder holds
        self._next_90k: int | None = None
        self._began = self._decodes = False

    def smaller(self, unit: AccessUnit) -> list[VideoFormat | AccessUnit]:
        """What comes of one picture: nothing, a picture, or before the first one its format too."""
        self._decodes = self._decodes or unit.keyframe
        if not self._decodes:
            return []
        packet = av.Packet(unit.data)
        packet.pts, packet.dts, packet.time_base = unit.pts_90k, unit.dts_90k, Fraction(1, TIMESCALE)
        self._captured[unit.pts_90k] = unit
        while len(self._captured) > WAITING_LIMIT:
            del self._captured[next(iter(self._captured))]
        made: list[VideoFormat | AccessUnit] = []
        for frame in self._decoder.decode(packet):
            made += self._coded(frame)
        return made

    def _coded(self, frame: VideoFrame) -> list[VideoFormat | AccessUnit]:
        unit = self._captured.pop(frame.pts, None) if frame.pts is not None else None
        if unit is None or (self._next_90k is not None and 0 < self._next_90k - unit.pts_90k < TIMESCALE):
            return []
        self._next_90k = unit.pts_90k + TIMESCALE // FPS
        small = frame.reformat(self._encoder.width, self._encoder.height, "yuv420p")
        small.pts, small.time_base = unit.pts_90k, Fraction(1, TIMESCALE)
        small.pict_type = PictureType.NONE  # else the camera's keyframes are forced between ours
        made: list[VideoFormat | AccessUnit] = []
        for packet in self._encoder.encode(small):
            if not self._began:
                made.append(self._format())
                self._began = True
            made.append(
                AccessUnit(
                    data=to_avcc(bytes(packet)),
                    dts_90k=unit.pts_90k,
                    pts_90k=unit.pts_90k,
                    duration_90k=TIMESCALE // FPS,
                    keyframe=packet.is_keyframe,
                    captured_at_us=unit.captured_at_us,
                    captured_monotonic_ns=unit.captured_monotonic_ns,
                )
            )
        return made

    def _format(self) -> VideoFormat:
        extradata = self._encoder.extradata
        if extradata is None:
            raise BrokenStreamError("the encoder gives no parameter sets")
        return VideoFormat.from_extradata(extradata, self._encoder.width, self._encoder.height)


def _encoder(width: int, height: int) -> VideoCodecContext:
    rate = str(KBIT_S * 1000)
    encoder = VideoCodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, TIMESCALE), Fraction(FPS)
    encoder.flags |= Flags.global_header  # parameter sets apart, as a camera gives them
    encoder.thread_count = 1
    encoder.options = {
        "profile": "baseline",
        "preset": "ultrafast",
        "tune": "zerolatency",
        "g": str(GOP_S * FPS),
        "b": rate,
        "maxrate": rate,
        "bufsize": rate,
    }
    return encoder
