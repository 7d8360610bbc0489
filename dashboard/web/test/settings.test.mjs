import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeText, settingChanges } from '../src/logic/changes.js';
import { GRANTS, controlsOf, grantsOf, words } from '../src/logic/grants.js';
import { limitsOf } from '../src/logic/limits.js';

/** What the form would send for grants that it was given. */
function roundTrip(grants) {
  const controls = (key) =>
    controlsOf(
      GRANTS.find((grant) => grant.key === key),
      grants?.[key],
    );
  return grantsOf(controls, grants);
}

test('grants that nobody touches are sent as they were', () => {
  for (const grants of [
    null,
    { http: { hosts: ['api.example.com', '*.example.org:8443'] } },
    { http: { hosts: [] } },
    { secrets: 'all' },
    { secrets: [] },
    { secrets: ['MAIL_KEY'], sql: 'service', rest: 'none', auth: 'none' },
    { storage: { as: 'service', buckets: ['a'] } },
    { storage: { as: 'service' } },
    {
      realtime: ['news', 'chat:*'],
      functions: [],
      keyvalue: ['k'],
      ai: { models: ['openai/*'] },
      log: { level: 'warn' },
    },
    { files: { assets: false, scratchMib: 16 } },
    { somethingNewer: { deep: [1] } },
  ]) {
    assert.deepEqual(roundTrip(grants), grants);
  }
});

test('an empty list grants nothing, which is not the default', () => {
  assert.deepEqual(
    grantsOf((key) => ({ mode: key === 'functions' ? 'list' : '', list: [], service: false }), null),
    { functions: [] },
  );
  assert.equal(
    grantsOf(() => ({ mode: '', list: [], service: false }), null),
    null,
  );
});

test('names are apart by commas, spaces and lines', () => {
  assert.deepEqual(words(' a, b\nc  ,d '), ['a', 'b', 'c', 'd']);
  assert.deepEqual(words('  '), []);
});

test('empty limits are the default, and unknown ones are kept', () => {
  assert.equal(limitsOf({ wallMs: '', cpuMs: ' ' }, { wallMs: 5 }), null);
  assert.deepEqual(limitsOf({ wallMs: '5000' }, { cpuMs: 1, newer: 2 }), { newer: 2, wallMs: 5000 });
});

test('settings are alike whatever the order of their keys', () => {
  const before = { auth: 'public', limits: { a: 1, b: 2 }, capabilities: null };
  assert.deepEqual(settingChanges(before, { ...before, limits: { b: 2, a: 1 } }), []);
  assert.deepEqual(settingChanges(before, { ...before, auth: 'service' }), [
    { field: 'auth', from: 'public', to: 'service' },
  ]);
});

test('changes are told in words', () => {
  assert.equal(changeText({ field: 'module', from: 'a', to: 'b' }), 'code');
  assert.equal(changeText({ field: 'capabilities.sql', from: null, to: 'none' }), 'grants.sql: default → none');
  assert.equal(changeText({ field: 'limits.wallMs', from: 5000, to: null }), 'limits.wallMs: 5000 → default');
  assert.equal(changeText({ field: 'auth', from: null, to: 'service' }), 'callers: default → service');
});
