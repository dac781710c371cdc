package dev.gradine.data.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;

/// The methods of Python's `str` that templates call.
final class StringMethods {
    private static final Pattern FIELD = Pattern.compile("\\{\\{|\\}\\}|\\{(\\w*)\\}");

    private static final Set<String> NAMES = Set.of(
            "split",
            "rsplit",
            "splitlines",
            "strip",
            "lstrip",
            "rstrip",
            "startswith",
            "endswith",
            "upper",
            "lower",
            "title",
            "capitalize",
            "casefold",
            "swapcase",
            "replace",
            "join",
            "find",
            "rfind",
            "index",
            "rindex",
            "count",
            "isdigit",
            "isdecimal",
            "isnumeric",
            "isalpha",
            "isalnum",
            "isspace",
            "isupper",
            "islower",
            "partition",
            "rpartition",
            "removeprefix",
            "removesuffix",
            "zfill",
            "center",
            "ljust",
            "rjust",
            "format");

    private final String s;
    private final String name;
    private final Args args;
    private final Budget budget;

    private StringMethods(String s, String name, Args args, Budget budget) {
        this.s = s;
        this.name = name;
        this.args = args;
        this.budget = budget;
    }

    static boolean exists(String name) {
        return NAMES.contains(name);
    }

    static Object call(String s, String name, Args args, Budget budget) {
        budget.scan(s.length());
        return new StringMethods(s, name, args, budget).call();
    }

    private Object call() {
        return switch (name) {
            case "split", "rsplit" -> {
                var a = args.bind(name, "sep", "maxsplit");
                var split = new Split(s, budget);
                Object sep = a.get(0, None.NONE);
                yield name.equals("split") ? split.by(sep, a.integer(1, -1)) : split.fromRight(sep, a.integer(1, -1));
            }
            case "splitlines" ->
                new Split(s, budget).lines(args.bind(name, "keepends").flag(0, false));
            case "strip", "lstrip", "rstrip" ->
                PyStrings.strip(
                        s,
                        args.bind(name, "chars").get(0, None.NONE),
                        !name.equals("rstrip"),
                        !name.equals("lstrip"),
                        budget);
            case "startswith", "endswith" -> affix();
            case "replace" -> {
                var a = args.bind(name, "old", "new", "count");
                yield PyStrings.replace(s, a.string(0), a.string(1), a.integer(2, -1), budget);
            }
            case "join" -> join(args.bind(name, "iterable").get(0));
            case "find", "rfind", "index", "rindex", "count" -> search();
            case "partition", "rpartition" -> partition(args.bind(name, "sep").string(0));
            case "removeprefix" -> {
                String p = args.bind(name, "prefix").string(0);
                yield s.startsWith(p) ? s.substring(p.length()) : s;
            }
            case "removesuffix" -> {
                String p = args.bind(name, "suffix").string(0);
                yield s.endsWith(p) ? s.substring(0, s.length() - p.length()) : s;
            }
            case "zfill", "center", "ljust", "rjust" -> pad();
            case "format" -> format();
            default -> plain();
        };
    }

    private Object plain() {
        args.bind(name);
        var letters = new LetterCase(s, budget);
        return switch (name) {
            case "upper" -> letters.upper();
            case "lower", "casefold" -> letters.lower();
            case "title" -> letters.title(false);
            case "capitalize" -> letters.capitalize();
            case "swapcase" -> letters.swap();
            case "isupper" -> letters.isUpper();
            case "islower" -> letters.isLower();
            case "isdigit", "isdecimal", "isnumeric" -> all(Character::isDigit);
            case "isalpha" -> all(Character::isLetter);
            case "isalnum" -> all(Character::isLetterOrDigit);
            default -> all(PyStrings::isSpace);
        };
    }

    private boolean all(IntPredicate test) {
        budget.compare(s.length());
        return !s.isEmpty() && s.codePoints().allMatch(test);
    }

    private boolean affix() {
        var a = args.bind(name, "affix", "start", "end");
        String part = s;
        if (a.isGiven(1) || a.isGiven(2)) {
            part = (String) new Members(budget).slice(s, a.get(1, None.NONE), a.get(2, None.NONE), None.NONE);
        }
        List<?> options = a.get(0) instanceof Tuple t ? t : List.of(a.string(0));
        for (Object o : options) {
            if (!(o instanceof String p)) throw new Fault(name + ": tuple holds " + Values.type(o) + ", expected str");
            if (name.equals("startswith") ? part.startsWith(p) : part.endsWith(p)) return true;
        }
        return false;
    }

    private String join(Object items) {
        List<String> parts = new ArrayList<>();
        long total = 0;
        for (Object o : Values.items(items, budget)) {
            if (!(o instanceof String p)) {
                throw new Fault(
                        "sequence item " + parts.size() + ": expected str instance, " + Values.type(o) + " found");
            }
            total += p.length() + (long) s.length();
            parts.add(p);
        }
        budget.text(total);
        return String.join(s, parts);
    }

    private Object search() {
        String wanted = args.bind(name, "sub").string(0);
        if (name.equals("count")) {
            if (wanted.isEmpty()) return Values.length(s, budget) + 1;
            long count = 0;
            int at = Search.first(s, wanted, 0, budget);
            for (; at >= 0; at = Search.first(s, wanted, at + wanted.length(), budget)) count++;
            return count;
        }
        int i = found(wanted, name.startsWith("r"));
        if (i < 0 && name.endsWith("index")) throw new Fault("substring not found");
        return i < 0 ? -1L : (long) s.codePointCount(0, i);
    }

    private int found(String wanted, boolean fromRight) {
        return fromRight ? Search.last(s, wanted, s.length(), budget) : Search.first(s, wanted, 0, budget);
    }

    private Tuple partition(String sep) {
        if (sep.isEmpty()) throw new Fault("empty separator");
        boolean right = name.equals("rpartition");
        int i = found(sep, right);
        budget.text(s.length());
        if (i < 0) return right ? Tuple.of("", "", s) : Tuple.of(s, "", "");
        return Tuple.of(s.substring(0, i), sep, s.substring(i + sep.length()));
    }

    private String pad() {
        var a = args.bind(name, "width", "fillchar");
        long missing = Math.max(0, Values.index(a.get(0), name + ": width") - Values.length(s, budget));
        budget.text(missing + s.length());
        String fill = name.equals("zfill") ? "0" : a.string(1, " ");
        int left = (int) (name.equals("ljust") ? 0 : name.equals("center") ? missing / 2 : missing);
        if (name.equals("zfill") && (s.startsWith("-") || s.startsWith("+"))) {
            return s.charAt(0) + fill.repeat(left) + s.substring(1);
        }
        return fill.repeat(left) + s + fill.repeat((int) missing - left);
    }

    /// `{}`, `{0}` and `{name}` without format specifications.
    private String format() {
        var m = FIELD.matcher(s);
        var out = new BoundedText(budget);
        int next = 0;
        int from = 0;
        while (m.find()) {
            String field = m.group(1);
            out.append(s, from, m.start());
            from = m.end();
            if (field == null) out.append(s.charAt(m.start()));
            else if (field.isEmpty()) out.append(PyText.str(positional(next++), budget));
            else out.append(PyText.str(field(field), budget));
        }
        return out.append(s, from, s.length()).toString();
    }

    private Object field(String field) {
        if (field.length() < 10 && field.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return positional(Integer.parseInt(field));
        }
        Object value = args.named().get(field);
        if (value == null) throw new Fault("format: has no field '" + Fault.clipped(field) + "'");
        if (value instanceof Undefined u) throw u.fault();
        return value;
    }

    private Object positional(int i) {
        if (i < args.positional().size()) return args.positional().get(i);
        throw new Fault("format: has " + args.positional().size() + " arguments, expected more than " + i);
    }
}
