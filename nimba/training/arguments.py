"""What jsonargparse says of a bad config, cut to the line that matters."""


def one_line(message: str) -> str:
    return message
