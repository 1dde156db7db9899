// What a frontend writes with the generated client; each line that is marked must not compile.
import type { ResultOf, TypedDocumentNode, VariablesOf } from '@graphql-typed-document-node/core';
import { CampaignEventsSubscriptionDocument, CampaignPageQueryDocument, ReviseCampaignMutationDocument } from './generated/graphql';

declare function ask<Result, Variables>(document: TypedDocumentNode<Result, Variables>, variables: Variables): Promise<Result>;

export async function spent(id: string): Promise<string[]> {
  const { campaign } = await ask(CampaignPageQueryDocument, { id, since: '2026-01-01' });
  // @ts-expect-error A campaign may be unknown.
  campaign.name;
  // @ts-expect-error There is no such field.
  campaign?.nothing;
  return campaign?.totals.map((total) => total.spend) ?? [];
}

// @ts-expect-error A key is needed, so that a retry does nothing twice.
export const keyless: VariablesOf<typeof ReviseCampaignMutationDocument> = { input: { campaign: '1' }, version: 1 };

export function status(event: ResultOf<typeof CampaignEventsSubscriptionDocument>): 'DRAFT' | 'LIVE' | undefined {
  const found = event.campaignEvents.campaign.status;
  return found === 'DRAFT' || found === 'LIVE' ? found : undefined;
}
