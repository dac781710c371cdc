package dev.gradine.data;

import java.util.AbstractList;
import java.util.List;
import java.util.Objects;
import java.util.RandomAccess;
import java.util.function.IntFunction;

/// A list whose elements are made when they are asked for and held by nobody: of a data set larger than memory.
///
/// @param <T> an element; made again, it is equal
public final class MadeList<T> extends AbstractList<T> implements RandomAccess {

    private final int size;
    private final IntFunction<T> make;

    private MadeList(int size, IntFunction<T> make) {
        this.size = size;
        this.make = make;
    }

    /// A list of `size` elements.
    ///
    /// @param make gives the element at an index
    public static <T> MadeList<T> of(int size, IntFunction<T> make) {
        return new MadeList<>(size, make);
    }

    /// `list` itself where it holds nothing, else a copy that cannot change.
    public static <T> List<T> copyOf(List<T> list) {
        return list instanceof MadeList<T> made ? made : List.copyOf(list);
    }

    @Override
    public T get(int index) {
        return make.apply(Objects.checkIndex(index, size));
    }

    @Override
    public int size() {
        return size;
    }
}
