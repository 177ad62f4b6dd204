"""What all tests have in common."""

import signal

# A shell starts what it runs in the background with Ctrl-C ignored, and so would be every child of these tests.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
