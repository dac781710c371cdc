package dev.gradine.io;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/// Where a tensor of a Hugging Face name lies in a file.
///
/// @param name as the file spells it
/// @param change what was done to its values
/// @param part which tensor of a stack, such as `[E,out,in]`, it is, or -1 for a whole tensor
/// @param second another tensor that is above or between the rows of the first, or empty for none
/// @param pair how the two are one
record StoredName(String name, StoredChange change, int part, String second, StoredPair pair) {

    /// One tensor, or a part of it.
    StoredName(String name, StoredChange change, int part) {
        this(name, change, part, "", new StackedPair(false));
    }

    /// A tensor that is stored as Hugging Face has it.
    static StoredName as(String name) {
        return new StoredName(name, StoredChange.NONE, -1);
    }

    /// One tensor of a stack.
    static StoredName of(String stack, int part) {
        return new StoredName(stack, StoredChange.NONE, part);
    }

    /// Whether it is in the file as it is.
    boolean isAsStored() {
        return change.equals(StoredChange.NONE) && second.isEmpty();
    }

    /// Its values, of those that the file has under `name`; nothing is copied.
    Tensor in(Tensor stored) {
        if (part < 0) return stored;
        Shape s = stored.shape();
        if (s.rank() == 2) return stored.rows(part, part + 1).reshape(Shape.of(s.dim(1)));
        return stored.reshape(Shape.of(s.dim(0) * s.dim(1), s.dim(2))).rows(part * s.dim(1), (part + 1) * s.dim(1));
    }

    /// A file that has Hugging Face's names already.
    static Map<String, StoredName> same(WeightFile file) {
        Map<String, StoredName> names = new LinkedHashMap<>();
        for (String name : file.names()) names.put(name, as(name));
        return names;
    }
}
