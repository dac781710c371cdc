"""Writes rows-*.parquet and rows-*.jsonl beside it: the same rows in both. Made with pyarrow 26.0.1:

    python make_parquet.py
"""
import json
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

HERE = pathlib.Path(__file__).parent


def chat(i):
    tool = {"role": "assistant", "tool_calls": [{"type": "function", "function": {"name": f"f{i}"}}]}
    return [
        {"role": "user", "content": f"question {i} é𝄞\n\"quoted\""},
        tool if i % 4 == 3 else {"role": "assistant", "content": "long " * (i % 5) + str(i)},
    ]


def compact(v):
    """Without the nulls that a structure has where a row has no such field."""
    if isinstance(v, dict):
        return {k: compact(w) for k, w in v.items() if w is not None}
    return [compact(w) for w in v] if isinstance(v, list) else v


SETS = {
    "chats": [{"messages": chat(i), "system": None if i % 3 else "be brief", "score": i / 4} for i in range(24)],
    "pairs": [
        {"prompt": f"p{i % 3}", "chosen": f"good {i}", "rejected": "" if i % 5 else "bad", "margin": i / 8 if i % 2 else None}
        for i in range(40)
    ],
    "turns": [
        {"chosen": chat(i * 4)[:1] + [{"role": "assistant", "content": "yes"}],
         "rejected": chat(i * 4)[:1] + [{"role": "assistant", "content": "no"}], "margin": i}
        for i in range(7)
    ],
    "judged": [{"prompt": "p", "completion": f"c{i}", "label": i % 3 == 0} for i in range(20)],
    "tokens": [{"input_ids": list(range(1, 2 + i % 5)), "labels": [-100] * (1 + i % 5)} for i in range(12)],
    "rated": [
        {"prompt": f"p{i}", "completions": ["a", f"b{i}"], "rewards": [0.1, i], "truncated": [False, i % 2 == 0]}
        for i in range(9)
    ],
    "questions": [{"prompt": f"p{i}", "answer": i, "tags": ["x"] * (i % 3) if i % 4 else None, "ratio": 0.1 * i} for i in range(9)],
}
WAYS = {
    "none": dict(compression="none", row_group_size=5),
    "snappy": dict(compression="snappy", row_group_size=7, data_page_version="2.0"),
    "zstd": dict(compression="zstd", use_dictionary=False, data_page_size=64, write_page_checksum=True),
    "gzip": dict(compression="gzip", write_page_index=True, version="1.0"),
}

for name, rows in SETS.items():
    (HERE / f"rows-{name}.jsonl").write_text(
        "".join(json.dumps(compact(r) | {k: v for k, v in r.items() if v is None}, ensure_ascii=False) + "\n" for r in rows)
    )
    table = pa.Table.from_pylist(rows)
    for way, options in WAYS.items():
        if name in ("chats", "pairs") or way == "snappy":
            pq.write_table(table, HERE / f"rows-{name}-{way}.parquet", **options)
pq.write_table(pa.Table.from_pylist(SETS["judged"]), HERE / "rows-judged-lz4.parquet", compression="lz4")
