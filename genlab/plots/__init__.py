"""Every picture of the course: matplotlib, readable on light and dark, with alt text and a line of words."""
