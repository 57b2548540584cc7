"""The emulated AWS of a rehearsal: ministack, behind a proxy that records requests and answers what ministack lacks."""
