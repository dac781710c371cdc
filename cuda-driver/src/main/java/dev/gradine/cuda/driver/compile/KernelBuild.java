package dev.gradine.cuda.driver.compile;

import dev.gradine.cuda.driver.compile.Assembler.Cost;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/// Makes the `.ptx` files of `src/main/resources/ptx` from the `.cu` files of `src/main/cuda`.
///
/// @param module folder of the module that has both
public record KernelBuild(Path module) {

    /// What came of one source.
    ///
    /// @param stem of the file
    /// @param changed whether the `.ptx` was another before
    /// @param costs of its kernels on each architecture
    public record Result(String stem, boolean changed, List<Cost> costs) {}

    /// Folder of the `.cu` files.
    public Path sources() {
        return module.resolve("src/main/cuda");
    }

    /// File that is made from a source.
    public Path target(String stem) {
        return module.resolve("src/main/resources/ptx").resolve(stem + ".ptx");
    }

    /// Compiles and assembles one source, and writes its `.ptx` if it is another than before.
    ///
    /// @throws IllegalArgumentException with the compiler's or the assembler's messages
    public Result build(String stem) {
        KernelSource source = KernelSource.read(sources(), stem);
        String ptx = Nvrtc.compile(source);
        List<Cost> costs = new ArrayList<>();
        for (String target : source.targets()) costs.addAll(Assembler.assemble(stem + ".ptx", ptx, target));
        return new Result(stem, write(target(stem), ptx), costs);
    }

    private static boolean write(Path file, String text) {
        try {
            if (Files.exists(file) && Files.readString(file).equals(text)) return false;
            Files.createDirectories(file.getParent());
            Path part =
                    Files.createTempFile(file.getParent(), file.getFileName().toString(), ".part");
            Files.writeString(part, text);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
