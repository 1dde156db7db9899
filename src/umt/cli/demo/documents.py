"""What the demo asks and says: its GraphQL documents and its brand."""

from __future__ import annotations

from typing import Any, Final

REGISTER: Final = """
mutation($input: RegisterInput!, $key: String) {
  register(input: $input, idempotencyKey: $key) { token refreshToken position }
}
"""

ACTIVITY: Final = "{ agentActivity { idle unreadEvents openRuns dueTimers position } }"

RESULT: Final = """
query($brand: ID!, $content: ID!, $campaign: ID!, $atLeast: String) {
  brand(id: $brand, atLeast: $atLeast) { name }
  content(id: $content) {
    status url selected
    strategy { angle callToAction findings { source says } }
    variations { number headline excerpt writer }
  }
  campaign(id: $campaign) {
    ...Campaign
    adSets { platform name ad { externalId status } failure }
    totals { platform currency spend clicks conversions roas }
    performance { platform day spend conversions }
  }
  dashboard { currency ...Figures }
  verifyReadModels { projection events rows holds }
  agentActivity { position }
}
fragment Campaign on Campaign {
  name status score version
  totalBudget { amount currency }
  reserve { amount }
  schedule { startsOn endsOn }
  allocation { platform amount { amount } paused }
}
fragment Figures on Figures { spend impressions clicks conversions revenue ctr cpc cpa roas roi }
"""

HISTORY: Final = """
query($campaign: ID!, $after: String) {
  campaign(id: $campaign) {
    page: history(first: 100, after: $after) {
      nodes { version effectiveAt actor eventType text }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""

LAUNCH: Final = """
query($campaign: ID!) {
  history(subject: $campaign, first: 100) { nodes { eventType effectiveAt } }
}
"""

DECISIONS: Final = """
query($campaign: ID!, $after: String) {
  campaign(id: $campaign) {
    page: decisions(first: 100, after: $after) {
      nodes { decidedAt agent action target amount currency reason rule score confidence }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""

AS_OF: Final = """
query($campaign: ID!, $version: Int!) {
  campaign(id: $campaign, asOf: {version: $version}) {
    version status score
    totalBudget { amount currency }
    reserve { amount }
    allocation { platform amount { amount } paused }
  }
}
"""

EVENTS: Final = "{ workspace { eventCount } }"

ALPINA: Final[dict[str, Any]] = {
    "description": "Trail shoes that can be resoled, made in a small workshop in Innsbruck.",
    "industry": {"name": "Outdoor footwear", "code": "C15.20"},
    "styling": {
        "primaryColor": "#1F6F54",
        "secondaryColor": "#F2B705",
        "fontFamily": "Source Sans",
        "toneOfVoice": "friendly and honest",
        "wordsToUse": ["durable", "repairable"],
        "wordsToAvoid": ["cheap", "best"],
    },
    "audiences": [
        {
            "name": "Weekend hikers",
            "ageFrom": 25,
            "ageTo": 55,
            "interests": ["hiking", "trail running"],
            "places": ["Austria", "Germany"],
        }
    ],
    "competitors": [
        {"name": "Peakline", "website": "https://peakline.example", "strengths": ["low prices", "fast delivery"]},
        {"name": "Nordtrail", "website": "https://nordtrail.example", "strengths": ["light shoes"]},
    ],
}

BRIEF: Final[dict[str, Any]] = {
    "title": "Shoes for the spring trail",
    "goal": "sell trail running shoes to weekend hikers",
    "format": "BLOG_POST",
    "keywords": ["trail running shoes", "resoling"],
    "audience": "weekend hikers",
    "channels": ["CMS"],
    "variations": 3,
}
