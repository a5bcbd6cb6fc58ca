import time
from datetime import UTC, datetime, timedelta
from bot import clock
from bot.actions import claiming, outbox, accounts, failover, retention
from bot.actions.claiming import Lane
from bot.events import Receipt, Text
from bot.models import Broadcast, db
from bot.models.fields import to_ms

async def test_scale(database: str) -> None:
    now = datetime(2026, 12, 1, 2, tzinfo=UTC); clock.use(lambda: now); stamp = to_ms(now)
    body = outbox.encode((Text("t"),))
    await db.fetch("INSERT INTO broadcast (id, schedule_key, slot, title, body, outcome, reason, fired_at) SELECT i, 'd', i, '', ?::text, 'fired', '', 1 FROM generate_series(1, 1001) i", body)
    cols = "key,purpose,priority,channel,chat_kind,chat_id,broadcast_id,status,reason,not_before,expires_at,created_at,quiet_hours,attempts,settled_at"
    await db.fetch(f"INSERT INTO delivery({cols}) SELECT 'o'||i,'tip',5,'qq','group',(i%1000)::text,i/1000+1,case when i%200=0 then 'unknown' else 'sent' end,'',{stamp}-100000000-i,{stamp},{stamp},'',1,{stamp}-100000000-(1000000-i)*30000::bigint FROM generate_series(0,999999) i")
    await db.fetch(f"INSERT INTO delivery({cols}) SELECT 'q'||i,'tip',5,'qq','group',i::text,1001,'queued','',{stamp},{stamp}+100000000,{stamp},'',0,NULL FROM generate_series(1,300) i")
    lane = Lane("qq", 2, 9, "t", timedelta(minutes=4), 6, canary=True)
    await db.connection().execute_script("ANALYZE")
    for n in range(4):
            t = time.perf_counter(); await claiming._hold_behind_doubt("qq", now); h = time.perf_counter() - t
            t = time.perf_counter(); r = await claiming.claim(lane, 1); a = time.perf_counter() - t
            t = time.perf_counter(); r2 = await claiming.claim(lane, 1); b = time.perf_counter() - t
            await outbox.record([outbox.Outcome(o.id, o.purpose, o.attempts, Receipt("1", now), o.lease) for o in r + r2])
            print(len(r), len(r2), round(h*1000,1), round(a * 1000, 1), round(b * 1000, 1))
