"""What the server does with visitors' files and sessions, and with gradio's private parts."""
