"""Pictures of the page: the photo with numbered boxes, and the close-up of one face."""

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from fer import Face

# Enough for any screen; a 50-megapixel photo would take seconds to encode and send.
SHOWN_SIDE = 1280

CLOSE_UP_SIDE = 480

CHOSEN = "#ffc247"
OTHERS = "#ffffff"
INK = "#16282c"


def number_faces(photo: Image.Image, faces: Sequence[Face], chosen: int) -> Image.Image:
    """The photo in the size it is shown in, with a box around every face, numbered if several."""
    picture = photo.copy()
    picture.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
    scale = shown_scale(photo)
    line = max(2, round(max(picture.size) / 160))
    draw = ImageDraw.Draw(picture)
    # The chosen face comes last, so that no neighbour hides its box.
    for i in sorted(range(len(faces)), key=lambda i: i == chosen):
        x0, y0, x1, y1 = (scale * float(side) for side in faces[i].box)
        colour = CHOSEN if i == chosen else OTHERS
        # A dark edge keeps the line visible where the photo has its colour.
        draw.rectangle((x0 - 1, y0 - 1, x1 + 1, y1 + 1), outline=INK, width=line + 2)
        draw.rectangle((x0, y0, x1, y1), outline=colour, width=line)
        if len(faces) > 1:
            height = max(12.0, min(picture.width / 36, (x1 - x0) / 2))
            _number(draw, str(i + 1), (x0, y0), height, colour)
    return picture


def shown_scale(photo: Image.Image) -> float:
    """Pixels of the shown picture per pixel of the photo."""
    return min(1.0, SHOWN_SIDE / max(photo.size))


def face_at(point: Sequence[float], photo: Image.Image, faces: Sequence[Face]) -> int | None:
    """Index of the smallest face around a point of the shown picture; `None` outside them all."""
    x, y = (value / shown_scale(photo) for value in point)
    around = [
        ((x1 - x0) * (y1 - y0), i)
        for i, (x0, y0, x1, y1) in enumerate(face.box for face in faces)
        if x0 <= x <= x1 and y0 <= y <= y1
    ]
    return min(around)[1] if around else None


def close_up(photo: Image.Image, face: Face) -> Image.Image:
    """A square of the photo around one face; what lies outside the photo is left out."""
    x0, y0, x1, y1 = (float(side) for side in face.box)
    half = 0.75 * max(x1 - x0, y1 - y0)
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    left, top = max(0, round(x - half)), max(0, round(y - half))
    right, bottom = min(photo.width, round(x + half)), min(photo.height, round(y + half))
    square = photo.crop((left, top, right, bottom))
    scale = CLOSE_UP_SIDE / max(square.size)
    size = (max(1, round(square.width * scale)), max(1, round(square.height * scale)))
    return square.resize(size, Image.Resampling.BICUBIC)


def _number(
    draw: ImageDraw.ImageDraw, text: str, corner: tuple[float, float], height: float, colour: str
) -> None:
    """A label on the upper edge of a box, outside it where the photo has room."""
    font = ImageFont.load_default(size=height)
    width, tall = draw.textlength(text, font=font) + 0.6 * height, 1.3 * height
    left, top = corner[0], max(0.0, corner[1] - tall)
    draw.rectangle((left, top, left + width, top + tall), fill=colour, outline=INK)
    draw.text((left + width / 2, top + tall / 2), text, font=font, anchor="mm", fill=INK)
