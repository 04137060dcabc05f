"""Models judged on sets: `evaluate`, its report with the panel, records of it, protocols as data, and leaderboards."""

from factorhub.evaluation.judging import evaluate
from factorhub.evaluation.leaderboard import Leaderboard, leaderboard
from factorhub.evaluation.protocol import Protocol
from factorhub.evaluation.published import protocol, protocols
from factorhub.evaluation.report import Report
from factorhub.evaluation.result import Result

__all__ = ["Leaderboard", "Protocol", "Report", "Result", "evaluate", "leaderboard", "protocol", "protocols"]
