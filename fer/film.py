"""Films and clips: some pictures a second, each with its time, decoded by FFmpeg through PyAV."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.reformatter import Interpolation
from av.video.stream import VideoStream
from PIL import Image

from fer.errors import VideoError
from fer.images import readable

MAX_RATE = 120  # pictures a second: few are looked at, but all have to be decoded
MAX_PIXELS = 4096 * 3072  # of one picture: cameras call up to this 4K
SHOWN_SIDE = 1280  # larger pictures are shrunk: their faces are large enough even so

# The formats that phones and browsers write, and how their files begin. Anything else could make
# the decoder follow addresses in a playlist.
FORMATS = {"mov": (4, b"ftyp"), "matroska": (0, b"\x1a\x45\xdf\xa3"), "avi": (0, b"RIFF")}


@dataclass(frozen=True)
class Picture:
    """One picture of a film, upright; it is `scale` times as large in the film itself."""

    seconds: float  # from the first one
    photo: Image.Image
    scale: float


@dataclass(frozen=True)
class Film:
    """A film that is open; `seconds` is its length, 0 where the file does not say it."""

    seconds: float
    pictures: Iterator[Picture]


def open_film(path: Path, every: float, longest: int | None = None) -> Film:
    """A film of which a picture is shown `every` so many seconds, of at most `longest` seconds.

    Raises `VideoError` now or at a later picture, one sentence for the user.
    """
    clip = f"The clip “{readable(path.name)}”"
    container, stream = _open(path, clip)
    length = _length(container, stream)
    if longest is not None and length > longest + 1:
        container.close()
        raise _too_long(clip, longest)
    return Film(length, _pictures(container, stream, clip, every, longest))


def _open(path: Path, clip: str) -> tuple[InputContainer, VideoStream]:
    try:
        if not path.is_file():  # reading a pipe or a device might never end
            raise FileNotFoundError
        with path.open("rb") as file:
            start = file.read(16)
    except (OSError, ValueError) as error:
        raise VideoError(f"{clip} cannot be read: check its name and your permissions.") from error
    kind = next((kind for kind, (at, own) in FORMATS.items() if start[at:].startswith(own)), None)
    if kind is None:
        raise VideoError(f"{clip} is not a video that can be read: choose MP4, MOV, WebM or AVI.")
    try:
        # `file:` keeps FFmpeg from seeing an address in a name.
        container = av.open(f"file:{path}", format=kind, metadata_errors="ignore")
    except (FFmpegError, ValueError) as error:
        raise _damaged(clip) from error
    try:
        if not container.streams.video:
            raise _no_pictures(clip)
        stream = container.streams.video[0]
        if stream.codec_context is None:  # there is no decoder for it
            raise _damaged(clip)
        if stream.width * stream.height > MAX_PIXELS:
            raise _too_large(clip)
    except VideoError:
        container.close()
        raise
    stream.thread_type = "AUTO"
    return container, stream


def _length(container: InputContainer, stream: VideoStream) -> float:
    """Seconds, as the file says, though its end may be missing.

    Matroska counts them from 0 even where the first picture comes later. FFmpeg shortens those of
    an AVI to what is there of it, but not the number of its pictures.
    """
    seconds = (container.duration or 0) / av.time_base
    begin = (container.start_time or 0) / av.time_base
    if container.format.name.startswith("matroska"):
        return seconds - begin
    return (
        max(seconds, stream.frames / _rate(stream)) if container.format.name == "avi" else seconds
    )


def _pictures(
    container: InputContainer, stream: VideoStream, clip: str, every: float, longest: int | None
) -> Iterator[Picture]:
    due, decoded, begin = 0.0, 0, None
    with closing(container):
        for frame in _frames(container, stream):
            decoded += 1
            if frame.width * frame.height > MAX_PIXELS:
                raise _too_large(clip)
            time = frame.time if frame.time is not None else decoded / _rate(stream)
            begin = time if begin is None else begin
            seconds = time - begin
            if longest is not None:
                if decoded > MAX_RATE * (longest + 1):
                    raise VideoError(
                        f"{clip} has more than {MAX_RATE * (longest + 1):,} pictures: cut out a "
                        "shorter part, or export it with 30 pictures a second."
                    )
                if seconds > longest + 1:  # a file that did not say its length
                    raise _too_long(clip, longest)
            if seconds >= due:
                due = seconds + every - 0.005
                yield _picture(frame, seconds)
    if begin is None:
        raise _no_pictures(clip)


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


def _picture(frame: av.VideoFrame, seconds: float) -> Picture:
    scale = max(1.0, max(frame.width, frame.height) / SHOWN_SIDE)
    width, height = (max(1, round(side / scale)) for side in (frame.width, frame.height))
    photo = frame.to_image(width=width, height=height, interpolation=Interpolation.AREA)
    if frame.rotation:
        photo = photo.rotate(frame.rotation, expand=True)
    return Picture(seconds, photo, scale)


def _damaged(clip: str) -> VideoError:
    return VideoError(f"{clip} is damaged or in a format that cannot be read: export it as MP4.")


def _too_long(clip: str, longest: int) -> VideoError:
    return VideoError(f"{clip} is longer than {longest} seconds: cut out a shorter part.")


def _too_large(clip: str) -> VideoError:
    return VideoError(f"{clip} has pictures larger than 4K: make it smaller first.")


def _no_pictures(clip: str) -> VideoError:
    return VideoError(
        f"{clip} has no pictures that can be read: export it again as MP4 with H.264."
    )
