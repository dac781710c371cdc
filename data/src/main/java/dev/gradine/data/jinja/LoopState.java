package dev.gradine.data.jinja;

import java.util.List;

/// The variable `loop` inside a `for`.
final class LoopState {
    private final List<?> items;
    private final int depth;
    private final Callable again;
    private final Budget budget;
    private Object changed = this;
    private int at = -1;

    /// @param depth how many recursive loops stand around this one
    /// @param again renders the loop's body for other items; what calling `loop(…)` does
    LoopState(List<?> items, int depth, Callable again, Budget budget) {
        this.items = items;
        this.depth = depth;
        this.again = again;
        this.budget = budget;
    }

    boolean advance() {
        budget.step();
        return ++at < items.size();
    }

    Object current() {
        return items.get(at);
    }

    long length() {
        return items.size();
    }

    Callable again() {
        return again;
    }

    Object get(String name) {
        return switch (name) {
            case "index" -> at + 1L;
            case "index0" -> (long) at;
            case "revindex" -> (long) items.size() - at;
            case "revindex0" -> items.size() - at - 1L;
            case "first" -> at == 0;
            case "last" -> at == items.size() - 1;
            case "length" -> (long) items.size();
            case "depth" -> depth + 1L;
            case "depth0" -> (long) depth;
            case "previtem" -> at > 0 ? items.get(at - 1) : new Undefined("there is no previous item");
            case "nextitem" -> at + 1 < items.size() ? items.get(at + 1) : new Undefined("there is no next item");
            case "cycle" -> (Callable) this::cycle;
            case "changed" -> (Callable) this::changed;
            default -> Undefined.attribute(this, name);
        };
    }

    private Object cycle(Args args) {
        if (args.positional().isEmpty()) throw new Fault("no items for cycling given");
        return args.positional().get(at % args.positional().size());
    }

    private Object changed(Args args) {
        Object now = new Tuple(args.positional());
        boolean differs = changed == this || !Values.equal(changed, now, budget);
        changed = now;
        return differs;
    }
}
