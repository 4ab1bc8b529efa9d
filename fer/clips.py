"""Clips: their pictures, decoded by FFmpeg through PyAV, with their times."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.reformatter import Interpolation
from av.video.stream import VideoStream
from PIL import Image

from fer.errors import VideoError
from fer.images import readable

MAX_SECONDS = 60
MAX_DECODED = 120 * (MAX_SECONDS + 1)  # pictures: few are looked at, but all have to be decoded
MAX_PIXELS = 4096 * 3072  # of one picture of the clip: cameras call up to this 4K
PICTURES_A_SECOND = 5
SHOWN_SIDE = 1280  # larger pictures are shrunk: their faces are large enough even so

# The formats that phones and browsers write, and how their files begin. Anything else could make
# the decoder follow addresses in a playlist.
FORMATS = {"mov": (4, b"ftyp"), "matroska": (0, b"\x1a\x45\xdf\xa3"), "avi": (0, b"RIFF")}


def open_clip(path: Path) -> tuple[float, Iterator[tuple[float, Image.Image]]]:
    """The length in seconds, 0 where the file does not say it, and pictures with their times.

    Five pictures a second, turned upright, their sides at most 1280 pixels, each with its seconds
    since the first one. Raises `VideoError`, as reading the pictures does.
    """
    name = f"The clip “{readable(path.name)}”"
    container, stream = _open(path, name)
    try:
        length = _length(container)
        if length > MAX_SECONDS + 1:
            raise _too_long(name)
    except VideoError:
        container.close()
        raise
    return length, _pictures(container, stream, name)


def _open(path: Path, name: str) -> tuple[InputContainer, VideoStream]:
    try:
        if not path.is_file():  # reading a pipe or a device might never end
            raise FileNotFoundError
        with path.open("rb") as file:
            start = file.read(16)
    except (OSError, ValueError) as error:
        raise VideoError(f"{name} cannot be read: check its name and your permissions.") from error
    kind = next((kind for kind, (at, own) in FORMATS.items() if start[at:].startswith(own)), None)
    if kind is None:
        raise VideoError(f"{name} is not a video that can be read: choose MP4, MOV, WebM or AVI.")
    try:
        # `file:` keeps FFmpeg from seeing an address in a name.
        container = av.open(f"file:{path}", format=kind, metadata_errors="ignore")
    except (FFmpegError, ValueError) as error:
        raise _damaged(name) from error
    try:
        if not container.streams.video:
            raise _no_pictures(name)
        stream = container.streams.video[0]
        if stream.codec_context is None:  # there is no decoder for it
            raise _damaged(name)
        if stream.width * stream.height > MAX_PIXELS:
            raise _too_large(name)
        stream.thread_type = "AUTO"
        return container, stream
    except VideoError:
        container.close()
        raise


def _length(container: InputContainer) -> float:
    """Seconds; Matroska counts them from 0 even where the first picture comes later."""
    seconds = (container.duration or 0) / av.time_base
    begin = (container.start_time or 0) / av.time_base
    return seconds - begin if container.format.name.startswith("matroska") else seconds


def _pictures(
    container: InputContainer, stream: VideoStream, name: str
) -> Iterator[tuple[float, Image.Image]]:
    due, decoded, begin = 0.0, 0, None
    with closing(container):
        for frame in _frames(container, stream):
            decoded += 1
            if decoded > MAX_DECODED:
                raise VideoError(
                    f"{name} has more than {MAX_DECODED:,} pictures: cut out a shorter part, or "
                    "export it with 30 pictures a second."
                )
            if frame.width * frame.height > MAX_PIXELS:
                raise _too_large(name)
            time = frame.time if frame.time is not None else decoded / _rate(stream)
            begin = time if begin is None else begin
            seconds = time - begin
            if seconds > MAX_SECONDS + 1:  # a file that did not say its length
                raise _too_long(name)
            if seconds >= due:
                due = seconds + 1 / PICTURES_A_SECOND - 0.005
                yield seconds, _picture(frame)
    if begin is None:
        raise _no_pictures(name)


def _frames(container: InputContainer, stream: VideoStream) -> Iterator[av.VideoFrame]:
    """Every picture that can be decoded: after a damaged part there may be whole ones."""
    packets = container.demux(stream)
    while True:
        try:
            frames = next(packets).decode()
        except StopIteration:
            return
        except FFmpegError:
            continue
        yield from frames


def _rate(stream: VideoStream) -> float:
    return float(stream.average_rate or 0) or 25.0


def _picture(frame: av.VideoFrame) -> Image.Image:
    shrunk = min(1.0, SHOWN_SIDE / max(frame.width, frame.height))
    width, height = (max(1, round(side * shrunk)) for side in (frame.width, frame.height))
    picture = frame.to_image(width=width, height=height, interpolation=Interpolation.AREA)
    return picture.rotate(frame.rotation, expand=True) if frame.rotation else picture


def _damaged(name: str) -> VideoError:
    return VideoError(f"{name} is damaged or in a format that cannot be read: export it as MP4.")


def _too_long(name: str) -> VideoError:
    return VideoError(f"{name} is longer than {MAX_SECONDS} seconds: cut out a shorter part.")


def _too_large(name: str) -> VideoError:
    return VideoError(f"{name} has pictures larger than 4K: make it smaller first.")


def _no_pictures(name: str) -> VideoError:
    return VideoError(
        f"{name} has no pictures that can be read: export it again as MP4 with H.264."
    )
