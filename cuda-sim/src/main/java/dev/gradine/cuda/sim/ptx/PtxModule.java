package dev.gradine.cuda.sim.ptx;

import java.util.List;
import java.util.stream.Collectors;

/// A parsed PTX text.
///
/// @param file name for messages
/// @param version of the language, such as `8.0`
/// @param target architecture it was made for, such as `sm_80`
/// @param variables of the module: global, constant and shared memory
/// @param entries the kernels
public record PtxModule(String file, String version, String target, List<Variable> variables, List<Entry> entries) {

    /// Reads a PTX text.
    ///
    /// @param file name for messages
    /// @throws PtxException if it has anything that is not known here, with the line
    public static PtxModule parse(String file, String text) {
        return new ModuleParser(new Tokens(file, text)).module();
    }

    /// The kernel of that name.
    ///
    /// @throws IllegalArgumentException if there is none
    public Entry entry(String name) {
        for (Entry e : entries) if (e.name().equals(name)) return e;
        String there = entries.stream().map(Entry::name).collect(Collectors.joining(", "));
        throw new IllegalArgumentException(file + ": kernel is " + name + ", expected one of " + there);
    }
}
