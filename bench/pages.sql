-- What bench/pages_seed.py fills a database with, SQLite or PostgreSQL. It puts in the words that begin with a dollar sign.
-- A household belongs to the section of its number, and to one of the three volunteers there.

INSERT INTO household (id, code, unit_id, category, grade, best_time, note, messages_off, do_not_call, next_call_at)
SELECT i, 'H' || CAST(1000000 + i AS TEXT), $section + i % $sections,
       CASE i % 4 WHEN 0 THEN '困难职工' WHEN 1 THEN '工伤残职工' WHEN 2 THEN '孤寡老人' ELSE '工亡遗属' END,
       '', '晚上七点以后', $note, FALSE, i % 97 = 0,
       CASE WHEN i % 20 = 0 THEN $now + (i % 14 - 7) * 86400000 END
FROM $n_households;

INSERT INTO member (id, household_id, name, relation, phone, phone_index, phone_ending, under_14)
SELECT i, i, '测试户' || CAST(i AS TEXT), '本人', $phone, 'phone' || CAST(i AS TEXT),
       'ending' || CAST(i % 10000 AS TEXT), FALSE
FROM $n_households;

INSERT INTO follow_up (id, household_id, staff_id, outcome, note, at)
SELECT i, h.id, $volunteer + (h.id % $sections) * 3 + h.id / $sections % 3,
       CASE WHEN i % 100 < 55 THEN 'well' WHEN i % 100 < 75 THEN 'no_answer' WHEN i % 100 < 85 THEN 'needs_help'
            WHEN i % 100 < 92 THEN 'call_later' WHEN i % 100 < 97 THEN 'busy' ELSE 'wrong_number' END,
       $called, $now - CAST($calls - i AS BIGINT) * $year / $calls - 60000
FROM $n_calls JOIN household h ON h.id = (i - 1) % $households + 1;

INSERT INTO audit (id, at, staff_id, action, subject, subject_id, detail)
SELECT 1000 + id, at, staff_id, 'callback.recorded', 'household', household_id, '{"outcome": "well"}'
FROM follow_up;

-- The round that runs; each volunteer has sixty households of it.
INSERT INTO assignment (id, round_id, household_id, staff_id, held_household_id, state, attempts, assigned_at, touched_at)
SELECT i, $round + 3, i,
       CASE WHEN i <= $held THEN $volunteer + (i % $sections) * 3 + i / $sections % 3 END,
       CASE WHEN i <= $held THEN i END,
       CASE WHEN i <= $held OR i % 3 = 0 THEN 'waiting' WHEN i % 10 = 1 THEN 'visit' ELSE 'done' END,
       1, $now - 86400000, $now - 86400000
FROM $n_households;

-- Three that are over.
INSERT INTO assignment (id, round_id, household_id, staff_id, state, attempts, assigned_at, touched_at)
SELECT $households + i, $round + (i - 1) / $households, h.id,
       $volunteer + (h.id % $sections) * 3 + h.id / $sections % 3, 'done', 1, $now - $year / 2, $now - $year / 2
FROM $n_over JOIN household h ON h.id = (i - 1) % $households + 1;

-- Nine in ten are closed; half of the others wait for somebody to say 收到.
INSERT INTO help_request (id, household_id, unit_id, source, channel, sender_id, words, kinds, urgency, state, closed_as,
                          opened_at, acknowledged_at, acknowledged_by_id, assigned_to_id, assigned_at, delivered_at,
                          closed_at, alert_step, next_alert_at)
SELECT i, h.id, h.unit_id, 'message', 'qq', CAST(800000 + i AS TEXT), $words, '["food"]',
       CASE WHEN i % 50 = 0 THEN 'emergency' WHEN i % 5 = 0 THEN 'urgent' ELSE 'normal' END,
       CASE WHEN done THEN 'closed' WHEN NOT taken THEN CASE WHEN i % 4 = 0 THEN 'review' ELSE 'open' END
            WHEN i % 3 = 0 THEN 'acknowledged' WHEN i % 3 = 1 THEN 'assigned' ELSE 'delivering' END,
       CASE WHEN done THEN 'helped' END, opened,
       CASE WHEN taken THEN opened + 600000 END, CASE WHEN taken THEN person END,
       CASE WHEN taken AND i % 3 > 0 THEN person END, CASE WHEN taken THEN opened + 900000 END,
       CASE WHEN done THEN opened + 7200000 END, CASE WHEN done THEN opened + 9000000 END,
       1, CASE WHEN done THEN NULL ELSE $now + (i % 200 - 60) * 600000 END
FROM (SELECT i, i <= $requests * 95 / 100 AS taken, i <= $requests * 90 / 100 AS done,
             $now - CAST($requests - i AS BIGINT) * $year / $requests - 60000 AS opened,
             $volunteer + (10 * i % $sections) * 3 + 10 * i / $sections % 3 AS person FROM $n_requests) q
JOIN household h ON h.id = 10 * i;

INSERT INTO request_step (id, request_id, at, staff_id, step)
SELECT i, q.id, q.opened_at + i % 4 * 600000, q.acknowledged_by_id,
       CASE i % 4 WHEN 0 THEN 'opened' WHEN 1 THEN 'acknowledged' WHEN 2 THEN 'assigned' ELSE 'delivered' END
FROM $n_steps JOIN help_request q ON q.id = (i - 1) % $requests + 1;

INSERT INTO relief (id, request_id, household_id, unit_id, staff_id, kind, item, quantity, measure, value_fen, state, at,
                    delivered_at, confirmed_at)
SELECT id, id, household_id, unit_id, acknowledged_by_id, 'goods', '米', 10000, '斤', 3000,
       CASE WHEN id % 10 = 0 THEN 'not_received' ELSE 'confirmed' END, opened_at + 1000000, delivered_at, closed_at
FROM help_request WHERE state = 'closed';

INSERT INTO delivery (id, key, purpose, priority, channel, chat_kind, chat_id, broadcast_id, group_id, status, reason,
                      quiet_hours, attempts, not_before, created_at, settled_at)
SELECT (b.id - $broadcast) * $groups + g.id, 'tip:' || CAST(b.id AS TEXT) || ':' || CAST(g.id AS TEXT), 'tip', 5, 'qq',
       'group', g.chat_id, b.id, g.id,
       CASE (b.id * 7 + g.id) % 500 WHEN 0 THEN 'failed' WHEN 1 THEN 'unknown' ELSE 'sent' END, '', '', 1,
       b.slot, b.slot, b.slot + 60000
FROM broadcast b CROSS JOIN chat_group g;

INSERT INTO delivery (id, key, purpose, priority, channel, chat_kind, chat_id, request_id, status, reason, quiet_hours,
                      attempts, not_before, created_at, settled_at)
SELECT 1000000 + id, 'alert:' || CAST(id AS TEXT), 'alert', 1, 'qq', 'direct', '500002', id, 'sent', '', '', 1,
       opened_at, opened_at, opened_at + 1000
FROM help_request;
