package dev.gradine.data.jinja;

import java.util.AbstractList;
import java.util.List;
import java.util.RandomAccess;

/// A Python tuple: a list that prints with parentheses.
final class Tuple extends AbstractList<Object> implements RandomAccess {
    private final List<Object> items;

    Tuple(List<Object> items) {
        this.items = items;
    }

    static Tuple of(Object... items) {
        return new Tuple(List.of(items));
    }

    @Override
    public Object get(int i) {
        return items.get(i);
    }

    @Override
    public int size() {
        return items.size();
    }
}
