package dev.gradine.io;

import java.util.LinkedHashMap;
import java.util.Map;

/// Where a tensor of a Hugging Face name lies in a file.
///
/// @param name as the file spells it
/// @param heads number of heads whose rows must be put in order, see `RotaryRows`; 0 if the rows are right
/// @param plusOne whether the file's values are greater by 1
record StoredName(String name, int heads, boolean plusOne) {

    /// A tensor that is stored as Hugging Face has it.
    static StoredName as(String name) {
        return new StoredName(name, 0, false);
    }

    /// A file that has Hugging Face's names already.
    static Map<String, StoredName> same(WeightFile file) {
        Map<String, StoredName> names = new LinkedHashMap<>();
        for (String name : file.names()) names.put(name, as(name));
        return names;
    }
}
