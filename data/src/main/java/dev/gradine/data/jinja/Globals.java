package dev.gradine.data.jinja;

import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The functions every template can call: those of Jinja and the two transformers adds.
final class Globals {
    private Globals() {}

    static Scope scope(Budget budget) {
        var scope = new Scope(null);
        scope.set("range", (Callable) args -> range(args, budget));
        scope.set("dict", (Callable) args -> dict(args, budget));
        scope.set("namespace", (Callable) args -> namespace(args, budget));
        scope.set("raise_exception", (Callable) args -> {
            throw new Fault(PyText.str(args.bind("raise_exception", "message").get(0), budget));
        });
        scope.set("strftime_now", (Callable) args -> Strftime.format(
                args.bind("strftime_now", "format").string(0), LocalDateTime.now(ZoneId.systemDefault()), budget));
        scope.set("joiner", (Callable) Globals::joiner);
        return scope;
    }

    private static List<Object> range(Args args, Budget budget) {
        var a = args.bind("range", "start", "stop", "step");
        long first = Values.index(a.get(0), "range: argument");
        long start = a.has(1) ? first : 0;
        long stop = a.has(1) ? Values.index(a.get(1), "range: stop") : first;
        long step = a.integer(2, 1);
        if (step == 0) throw new Fault("range() arg 3 must not be zero");
        long size = Math.max(0, step > 0 ? Math.ceilDiv(stop - start, step) : Math.ceilDiv(start - stop, -step));
        budget.range(size);
        return new Range(start, step, (int) size);
    }

    private static Map<Object, Object> dict(Args args, Budget budget) {
        Map<Object, Object> out = new LinkedHashMap<>();
        if (!args.positional().isEmpty() && args.positional().getFirst() instanceof Map<?, ?> m) {
            budget.items(m.size());
            out.putAll(m);
        }
        out.putAll(args.named());
        return out;
    }

    private static Namespace namespace(Args args, Budget budget) {
        Map<String, Object> fields = new LinkedHashMap<>();
        dict(args, budget).forEach((k, v) -> fields.put(k.toString(), v));
        return new Namespace(fields);
    }

    private static Callable joiner(Args args) {
        Object separator = args.bind("joiner", "sep").get(0, ", ");
        boolean[] used = new boolean[1];
        return _ -> {
            boolean first = !used[0];
            used[0] = true;
            return first ? "" : separator;
        };
    }
}
