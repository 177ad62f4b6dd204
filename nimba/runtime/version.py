"""The version of NIMBA, for those floors of the package that ``nimba`` itself stands on."""

VERSION = "0.1.0"
