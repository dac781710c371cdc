package dev.gradine.io;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/// Where a tensor of a Hugging Face name lies in a file.
///
/// @param name as the file spells it
/// @param heads number of heads whose rows must be put in order, see `RotaryRows`; 0 if the rows are right
/// @param plusOne whether the file's values are greater by 1
/// @param part which matrix of a stack `[E,out,in]` it is, or -1 for a whole tensor
record StoredName(String name, int heads, boolean plusOne, int part) {

    /// A tensor that is stored as Hugging Face has it.
    static StoredName as(String name) {
        return new StoredName(name, 0, false, -1);
    }

    /// One matrix of a stack.
    static StoredName of(String stack, int part) {
        return new StoredName(stack, 0, false, part);
    }

    /// Its values, of those that the file has under `name`; nothing is copied.
    Tensor in(Tensor stored) {
        if (part < 0) return stored;
        Shape s = stored.shape();
        return stored.reshape(Shape.of(s.dim(0) * s.dim(1), s.dim(2))).rows(part * s.dim(1), (part + 1) * s.dim(1));
    }

    /// A file that has Hugging Face's names already.
    static Map<String, StoredName> same(WeightFile file) {
        Map<String, StoredName> names = new LinkedHashMap<>();
        for (String name : file.names()) names.put(name, as(name));
        return names;
    }
}
