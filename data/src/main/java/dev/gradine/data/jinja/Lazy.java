package dev.gradine.data.jinja;

import java.util.Iterator;
import java.util.List;

/// A Python generator: can be gone through once, has no length and no place in JSON.
final class Lazy implements Iterable<Object> {
    private final Iterator<Object> items;

    Lazy(List<Object> items) {
        this.items = items.iterator();
    }

    @Override
    public Iterator<Object> iterator() {
        return items;
    }
}
