package dev.gradine.data.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The filters on sequences and dicts. What yields a generator in Jinja yields a [Lazy] here.
final class SequenceFilters {
    private static final Set<String> NAMES = Set.of(
            "join",
            "list",
            "first",
            "last",
            "items",
            "map",
            "select",
            "reject",
            "selectattr",
            "rejectattr",
            "unique",
            "sort",
            "reverse",
            "dictsort",
            "sum",
            "min",
            "max",
            "batch",
            "attr",
            "groupby");

    private final Filters filters;
    private final Operators operators;
    private final Tests tests;
    private final Budget budget;
    private final Members members;

    SequenceFilters(Filters filters, Operators operators, Tests tests, Budget budget) {
        this.filters = filters;
        this.operators = operators;
        this.tests = tests;
        this.budget = budget;
        this.members = new Members(budget);
    }

    static boolean exists(String name) {
        return NAMES.contains(name);
    }

    Object apply(String name, Object v, Args args) {
        return switch (name) {
            case "join" -> join(v, args.bind(name, "d", "attribute"));
            case "list" -> {
                args.bind(name);
                yield charged(v);
            }
            case "first" -> end(v, true);
            case "last" -> end(v, false);
            case "items" -> {
                if (v instanceof Undefined) yield new Lazy(List.of());
                if (!(v instanceof Map<?, ?> m)) throw new Fault("can only get item pairs from a mapping");
                yield new Lazy(Members.pairs(m));
            }
            case "map" -> new Lazy(map(orEmpty(v), args));
            case "select", "reject", "selectattr", "rejectattr" -> new Lazy(select(name, orEmpty(v), args));
            case "unique" -> new Lazy(unique(v, args.bind(name, "case_sensitive", "attribute")));
            case "sort" -> sort(v, args.bind(name, "reverse", "case_sensitive", "attribute"));
            case "reverse" -> reverse(v);
            case "dictsort" -> dictSort(v, args.bind(name, "case_sensitive", "by", "reverse"));
            case "sum" -> sum(v, args.bind(name, "attribute", "start"));
            case "min", "max" -> extreme(name, v, args.bind(name, "case_sensitive", "attribute"));
            case "batch" -> new Lazy(batch(v, args.bind(name, "linecount", "fill_with")));
            case "groupby" -> groupBy(v, args.bind(name, "attribute", "default", "case_sensitive"));
            default -> {
                String field = args.bind(name, "name").string(0);
                yield members.attribute(v, field);
            }
        };
    }

    /// `map` and `select` take whatever is false, `None` too, for an empty list.
    private static Object orEmpty(Object v) {
        return Values.truth(v) ? v : List.of();
    }

    private List<Object> charged(Object v) {
        return Values.items(v, budget);
    }

    private String join(Object v, Args.Bound a) {
        String separator = a.has(0) ? PyText.str(a.get(0), budget) : "";
        List<String> parts = new ArrayList<>();
        long total = 0;
        for (Object item : charged(v)) {
            String s = PyText.str(a.isGiven(1) ? path(item, a.get(1)) : item, budget);
            total += s.length() + (long) separator.length();
            parts.add(s);
        }
        budget.text(total);
        return String.join(separator, parts);
    }

    private Object end(Object v, boolean first) {
        if (!first && v instanceof Lazy) throw new Fault("'generator' object is not reversible");
        List<Object> items = charged(v);
        if (items.isEmpty()) return new Undefined("no " + (first ? "first" : "last") + " item, sequence was empty.");
        return first ? items.getFirst() : items.getLast();
    }

    /// `a.b.0` of a value: what the argument `attribute` of the filters means.
    private Object path(Object v, Object attribute) {
        Object at = v;
        if (attribute instanceof Long) return members.item(v, attribute);
        for (Object name : new Split(PyText.str(attribute, budget), budget).by(".", -1)) {
            String part = name.toString();
            boolean index = !part.isEmpty() && part.chars().allMatch(Character::isDigit) && part.length() < 10;
            at = members.item(at, index ? (Object) Long.parseLong(part) : part);
        }
        return at;
    }

    private List<Object> map(Object v, Args args) {
        List<Object> out = new ArrayList<>();
        if (args.positional().isEmpty()) {
            var a = args.bind("map", "attribute", "default");
            for (Object item : charged(v)) {
                Object field = path(item, a.get(0));
                out.add(field instanceof Undefined && a.has(1) ? a.get(1) : field);
            }
            return out;
        }
        String filter = PyText.str(args.positional().getFirst(), budget);
        if (!Filters.exists(filter)) throw new Fault("filter '" + filter + "' is not known");
        for (Object item : charged(v)) {
            budget.step();
            out.add(filters.apply(filter, item, args.rest()));
        }
        return out;
    }

    private List<Object> select(String name, Object v, Args args) {
        boolean keeps = name.startsWith("select");
        boolean byField = name.endsWith("attr");
        if (byField && args.positional().isEmpty()) throw new Fault(name + ": argument 'attribute' is missing");
        Args left = byField ? args.rest() : args;
        String test =
                left.positional().isEmpty() ? "" : PyText.str(left.positional().getFirst(), budget);
        if (!test.isEmpty() && !Tests.exists(test)) throw new Fault("test '" + test + "' is not known");
        List<Object> out = new ArrayList<>();
        for (Object item : charged(v)) {
            Object subject = byField ? path(item, args.positional().getFirst()) : item;
            budget.step();
            boolean holds = test.isEmpty() ? Values.truth(subject) : tests.test(test, subject, left.rest());
            if (holds == keeps) out.add(item);
        }
        return out;
    }

    private Object sortKey(Object item, Object attribute, boolean caseSensitive) {
        Object key = attribute == None.NONE ? item : path(item, attribute);
        return !caseSensitive && key instanceof String s ? new LetterCase(s, budget).lower() : key;
    }

    private List<Object> unique(Object v, Args.Bound a) {
        Set<Object> seen = new HashSet<>();
        List<Object> out = new ArrayList<>();
        for (Object item : charged(v)) {
            Object key = sortKey(item, a.get(1, None.NONE), a.flag(0, false));
            if (seen.add(Values.key(key, budget))) out.add(item);
        }
        return out;
    }

    private Comparator<Object> byKey(Object attribute, boolean caseSensitive) {
        return (x, y) -> {
            budget.step();
            return operators.order("<", sortKey(x, attribute, caseSensitive), sortKey(y, attribute, caseSensitive));
        };
    }

    private static void sort(List<Object> items, Comparator<Object> order) {
        try {
            items.sort(order);
        } catch (IllegalArgumentException e) { // integers beyond 2^53 beside floats have no order
            throw new Fault("the items have no order");
        }
    }

    private List<Object> sort(Object v, Args.Bound a) {
        List<Object> items = charged(v);
        Comparator<Object> order = byKey(a.get(2, None.NONE), a.flag(1, false));
        sort(items, a.flag(0, false) ? Collections.reverseOrder(order) : order);
        return items;
    }

    private Object reverse(Object v) {
        if (v instanceof Lazy) throw new Fault("argument must be iterable and reversible");
        List<Object> items = charged(v);
        Collections.reverse(items);
        return v instanceof String
                ? String.join("", items.stream().map(Object::toString).toList())
                : new Lazy(items);
    }

    private List<Object> dictSort(Object v, Args.Bound a) {
        if (!(v instanceof Map<?, ?> m)) throw new Fault("dictsort: value is " + Values.type(v) + ", expected a dict");
        List<Object> pairs = Members.pairs(m);
        budget.items(pairs.size());
        Object field = a.string(1, "key").equals("value") ? 1L : 0L;
        Comparator<Object> order = byKey(field, a.flag(0, false));
        sort(pairs, a.flag(2, false) ? Collections.reverseOrder(order) : order);
        return pairs;
    }

    private Object sum(Object v, Args.Bound a) {
        Object total = a.get(1, 0L);
        for (Object item : charged(v)) {
            total = operators.apply("+", total, a.isGiven(0) ? path(item, a.get(0)) : item);
        }
        return total;
    }

    private Object extreme(String name, Object v, Args.Bound a) {
        List<Object> items = charged(v);
        if (items.isEmpty()) return new Undefined("no aggregated item, sequence was empty");
        Comparator<Object> order = byKey(a.get(1, None.NONE), a.flag(0, false));
        return name.equals("min") ? Collections.min(items, order) : Collections.max(items, order);
    }

    private List<Object> batch(Object v, Args.Bound a) {
        int size = a.integer(0, 1);
        if (size < 1) throw new Fault("batch: linecount is " + size + ", expected >= 1");
        List<Object> items = charged(v);
        List<Object> out = new ArrayList<>();
        for (int i = 0; i < items.size(); i += size) {
            List<Object> row = new ArrayList<>(items.subList(i, Math.min(items.size(), i + size)));
            budget.items(a.isGiven(1) ? size : row.size());
            while (a.isGiven(1) && row.size() < size) row.add(a.get(1));
            out.add(row);
        }
        return out;
    }

    private List<Object> groupBy(Object v, Args.Bound a) {
        List<Object> items = charged(v);
        sort(items, byKey(a.get(0), a.flag(2, false)));
        List<Object> out = new ArrayList<>();
        List<Object> group = new ArrayList<>();
        for (Object item : items) {
            Object key = sortKey(item, a.get(0), a.flag(2, false));
            Object last = group.isEmpty() ? key : sortKey(group.getLast(), a.get(0), a.flag(2, false));
            if (!Values.equal(key, last, budget)) {
                out.add(Tuple.of(path(group.getFirst(), a.get(0)), group));
                group = new ArrayList<>();
            }
            group.add(item);
        }
        if (!group.isEmpty()) out.add(Tuple.of(path(group.getFirst(), a.get(0)), group));
        return out;
    }
}
