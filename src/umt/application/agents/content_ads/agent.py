"""The agent whose reactions the files of this package register."""

from umt.application.agents.reaction import Agent

agent = Agent("content-ads", "Content & Ad Management")
