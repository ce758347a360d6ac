"""The one exception for a verb that may not be done; holds no policy of its own."""


class Refused(Exception):  # noqa: N818 -- a refusal is an answer, not an error in the program
    """A verb was refused for a reason that is safe to show.

    code: short stable word for programs ("invitation-expired").
    sentence: full sentence for a person: what was given, what is allowed, what to do.
    field: name of the form or API field that it is about, "" when it is about the whole.
    """

    def __init__(self, code: str, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.field = field
