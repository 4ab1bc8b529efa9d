"""Finding faces in a photo and cropping them upright."""

from fer.faces.align import align_face
from fer.faces.detector import DetectedFace, FaceDetector

__all__ = ["DetectedFace", "FaceDetector", "align_face"]
