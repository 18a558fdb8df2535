"""The garbage of a page is little beside what a loaded application keeps alive: looking through all of that for it
after every few hundred objects took a fifth of the time of a test, and a tenth of that of loading the application.
"""

import gc

gc.set_threshold(50_000, 20, 20)
