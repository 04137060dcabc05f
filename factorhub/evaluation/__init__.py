"""Models judged on sets: `evaluate`, its report with the panel, records of it, protocols as data, and leaderboards."""

from factorhub.evaluation.judging import evaluate
from factorhub.evaluation.leaderboard import Leaderboard, leaderboard
from factorhub.evaluation.protocol import Protocol, protocol, protocols
from factorhub.evaluation.report import Report, Result

__all__ = ["Leaderboard", "Protocol", "Report", "Result", "evaluate", "leaderboard", "protocol", "protocols"]
