"""Every error this project raises on purpose. Each says what is wrong, where, and how to mend it."""


class SamenhangError(Exception):
    """The root: something this project can explain. Personal values are never quoted in it."""


class InputError(SamenhangError):
    """What was delivered or configured is wrong; the command line answers it with exit code 2."""


class AreaFileError(InputError):
    """An area file cannot be read or contradicts itself."""


class SourceError(InputError):
    """A delivered file is missing, unreadable, misplaced or lacks what its reader needs."""


class ContractError(SamenhangError):
    """A table does not keep what its contract promises: a defect of ours, or of a delivery no reader caught."""


class ReleaseError(SamenhangError):
    """A release could not be written or switched; the earlier one stands untouched."""


class FetchError(SamenhangError):
    """A file could not be fetched, or what came is not what was asked; what lay there before stays."""
