"""`python -m reviewbot`."""

from reviewbot.start import main

if __name__ == "__main__":
    main()
