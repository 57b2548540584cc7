"""`smoke`: one video through a deployed instance, and the state of its autoscaling and alarms.

`sample.mp4` is a test card of four seconds, 320 x 180, five frames a second, with a keyframe every second. A deployment
has no ffmpeg, so the file is kept: `services/local/samples.py` drew and encoded it (`SampleVideo(codec="h264",
hue_deg=205, fps=5)`, x264 with CRF 34).
"""
