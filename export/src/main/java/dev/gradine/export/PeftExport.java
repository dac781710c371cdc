package dev.gradine.export;

import dev.gradine.io.AtomicFiles;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.peft.AdapterSet;
import dev.gradine.tensor.Kernels;
import java.nio.file.Path;

/// An adapter folder as PEFT writes it, of an adapter in memory.
public final class PeftExport {

    private PeftExport() {}

    /// Writes the folder; it appears complete or not at all.
    ///
    /// @param baseModel name of the model it was trained on; empty for none
    /// @param out absent or empty
    public static void write(AdapterSet adapted, String baseModel, Path out, Kernels kernels) {
        AtomicFiles.writeFolder(out, temp -> AdapterFolder.save(adapted, temp, baseModel, kernels));
    }
}
