"""Users who upload photos of one, two or three faces, and see that each answer is to their own."""

import io
import tempfile
import time
from pathlib import Path

from gradio_client import Client, handle_file
from PIL import Image
from serving import ROOT

PORTRAIT = ROOT / "fer" / "ui" / "examples" / "astronaut.jpg"


def photo_of(portrait: Path, faces: int, user: int) -> bytes:
    """The portrait so many times side by side; every user's files differ."""
    one = Image.open(portrait).convert("RGB").resize((256, 256))
    picture = Image.new("RGB", (256 * faces, 256))
    for i in range(faces):
        picture.paste(one, (256 * i, 0))
    picture.putpixel((0, 0), (user % 256, 0, 0))
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def visit(
    url: str,
    portrait: Path,
    user: int,
    seconds: float,
    problems: list[str],
    times: list[float] | None = None,
) -> None:
    """One user, who asks again as soon as the answer has come; at least once."""
    patient = {"timeout": 120}  # a busy machine is slow, which is not an error
    try:
        client = Client(url, verbose=False, httpx_kwargs=patient)
    except Exception as error:
        problems.append(f"user {user} cannot connect: {error!r}")
        return
    faces, end = user % 3 + 1, time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        while True:
            path = Path(folder) / "photo.png"
            path.write_bytes(photo_of(portrait, faces, user))
            asked = time.monotonic()
            try:
                answer = client.predict(photo=handle_file(path), api_name="/recognize")
                if len(answer.get("faces", [])) != faces:
                    problems.append(f"user {user} wanted {faces} faces and got {answer}")
            except Exception as error:
                problems.append(f"user {user}: {error!r}")
            if times is not None:
                times.append(time.monotonic() - asked)
            if time.monotonic() > end:
                return
            faces = faces % 3 + 1


def memory(process: int) -> float:
    """Megabytes that a process holds."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024
