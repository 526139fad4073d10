//! What the window asks of the desktop around it.
