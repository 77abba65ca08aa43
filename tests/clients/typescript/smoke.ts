// What a team writes against the generated types: `make clients` compiles it and runs it against a gateway.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import createClient from "openapi-fetch";

import type { components, paths } from "./api.js";

type Problem = components["schemas"]["ProblemDetails"];
type Participant = components["schemas"]["Participant"];

const baseUrl = process.env["POINTSMAN_URL"];
const token = process.env["POINTSMAN_API_TOKEN"];
assert(baseUrl !== undefined && token !== undefined);

const api = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });
const stranger = createClient<paths>({ baseUrl });

async function theOnlyCampaign(): Promise<string> {
  const { data, error } = await api.GET("/campaigns");
  assert(error === undefined);
  const [campaign, ...others] = data.campaigns;
  assert(campaign !== undefined);
  assert.deepEqual([campaign.status, others], ["active", []]);
  return campaign.campaign;
}

async function putTwo(campaign: string): Promise<string> {
  const rows = [
    { external_id: "ts-1", phone: "+4915112345691", fields: { first_name: "Tess", amount_due: "12.50", due_date: "2030-01-31" } },
    { external_id: "ts-2", fields: { amount_due: "much" } },
  ];
  const { data, response } = await api.PUT("/campaigns/{campaign}/participants", {
    params: { path: { campaign }, header: { "Idempotency-Key": randomUUID() } },
    body: rows,
  });
  assert(data !== undefined);
  assert(response.headers.get("X-Request-Id"));
  const [good, bad] = data.results;
  assert(good?.participant, JSON.stringify(data));
  assert.equal(good.status, "created");
  assert.equal(bad?.status, "failed");
  assert(bad.errors?.some((wrong) => wrong.field === "amount_due" && wrong.value === "much"));
  return good.participant;
}

async function readBack(campaign: string, participant: string): Promise<[Participant, string]> {
  const { data, response } = await api.GET("/campaigns/{campaign}/participants/{participant}", {
    params: { path: { campaign, participant } },
  });
  assert(data !== undefined);
  assert.equal(data.identifiers["phone"], "+4915112345691");
  assert.equal(data.fields["first_name"], "Tess");
  const tag = response.headers.get("ETag");
  assert(tag !== null);
  return [data, tag];
}

async function changeOnce(campaign: string, participant: string, tag: string): Promise<void> {
  const asked = {
    params: { path: { campaign, participant } },
    headers: { "If-Match": tag },
    body: { fields: { amount_due: "13" } },
  };
  const changed = await api.PATCH("/campaigns/{campaign}/participants/{participant}", asked);
  assert.equal(changed.data?.fields["amount_due"], "13");
  const late = await api.PATCH("/campaigns/{campaign}/participants/{participant}", asked);
  assert.equal(late.response.status, 412);
  assert.equal(late.error?.type, "urn:pointsman:problem:changed");
}

async function everybody(campaign: string): Promise<Participant[]> {
  const found: Participant[] = [];
  let after: string | null = "";
  while (after !== null) {
    const page: { data?: components["schemas"]["Participants"] } = await api.GET("/campaigns/{campaign}/participants", {
      params: { path: { campaign }, query: { limit: 3, after } },
    });
    assert(page.data !== undefined);
    found.push(...page.data.participants);
    after = page.data.next;
  }
  return found;
}

async function refusals(campaign: string): Promise<void> {
  const unknown = await api.GET("/campaigns/{campaign}", { params: { path: { campaign: `${campaign}x` } } });
  const problem: Problem | undefined = unknown.error;
  assert.deepEqual([problem?.status, problem?.type], [404, "urn:pointsman:problem:unknown-campaign"]);
  const wrong = await api.GET("/messages", { params: { query: { limit: 0 } } });
  assert.deepEqual(wrong.error?.errors?.map((one) => one.field), ["limit"]);
  const { error, response } = await stranger.GET("/campaigns");
  assert.deepEqual([response.status, error?.title], [401, "The token is missing or wrong"]);
}

const campaign = await theOnlyCampaign();
const participant = await putTwo(campaign);
const [, tag] = await readBack(campaign, participant);
await changeOnce(campaign, participant, tag);
assert((await everybody(campaign)).some((one) => one.participant === participant));
await refusals(campaign);
console.log("the generated client put, read, changed and paged participants, and understood what was refused");
