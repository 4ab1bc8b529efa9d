"""Finding faces in a photo and cropping them upright."""

from fer.faces.alignment import ARCFACE, crop_matrix, cut_crop
from fer.faces.detector import DetectedFace, FaceDetector

__all__ = ["ARCFACE", "DetectedFace", "FaceDetector", "crop_matrix", "cut_crop"]
