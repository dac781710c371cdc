package dev.gradine.cli.gpu;

import dev.gradine.io.AtomicFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;

/// The program with a Java runtime of its own, for hosts that have none: unpack it and run `gradine`.
///
/// ```
/// gradine/gradine       the launcher
/// gradine/java.flags    flags of the JVM
/// gradine/start.bash    how it is started
/// gradine/lib/*.jar     the program, its kernels as PTX, its libraries
/// gradine/runtime/      what jlink made of the JDK
/// ```
public final class Bundle {

    private static final String PLATFORM = "linux-x86_64"; // the one that JCuda's libraries are here for

    /// What jdeps cannot see: the Vector API is incubating, jars are opened as file systems.
    private static final List<String> ALWAYS =
            List.of("java.base", "jdk.incubator.vector", "jdk.unsupported", "jdk.zipfs", "jdk.management");

    private static final String LAUNCHER = """
            #!/usr/bin/env bash
            # Runs one command of Gradine: ./gradine --help lists them. Needs no JDK and nothing to be installed.
            #   GRADINE_JAVA_OPTS   JVM options of this run
            here=$(dirname "$(readlink -f "$0")")
            . "$here/start.bash"
            use_utf8
            check_heap
            start "$here/runtime/bin/java" "@$here/java.flags" "-Dgradine.command=$0" -Dgradine.stderr=9 \\
                $GRADINE_JAVA_OPTS -cp "$here/lib/*" dev.gradine.cli.Main "$@"
            """;

    private Bundle() {}

    /// Writes the bundle; it appears whole or not at all.
    ///
    /// @param out name ends in `.tar.xz`
    /// @param start folder of `java.flags` and `start.bash`
    /// @param tell told what is being done
    /// @return its size in bytes
    /// @throws IllegalArgumentException if the program does not run from jars of a JDK on Linux
    public static long write(Path out, Path start, Consumer<String> tell) {
        try {
            Path folder = AtomicFiles.sibling(out);
            Path part = AtomicFiles.sibling(out);
            AtomicFiles.removeAbandoned(part.resolveSibling("")); // by a process that was killed
            try (Unfinished _ = new Unfinished(folder, part)) {
                Files.createDirectory(folder);
                Path root = Files.createDirectory(folder.resolve("gradine"));
                fill(root, start, tell);
                tell.accept("packing, which takes a minute or two");
                run("tar", "--owner=0", "--group=0", "-C", folder.toString(), "-cJf", part.toString(), "gradine");
                Files.move(part, out, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                return Files.size(out);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void fill(Path root, Path start, Consumer<String> tell) throws IOException {
        tell.accept("copying the program's jars");
        Path lib = Files.createDirectory(root.resolve("lib"));
        List<String> jars = new ArrayList<>();
        for (String jar : jars()) {
            Path from = Path.of(jar);
            Path to = lib.resolve(from.getFileName());
            SlimJar.copy(from, to, PLATFORM);
            jars.add(to.toString());
        }
        tell.accept("linking a Java runtime");
        run(
                tool("jlink"),
                "--add-modules",
                String.join(",", modules(jars)),
                "--strip-debug",
                "--no-header-files",
                "--no-man-pages",
                "--output",
                root.resolve("runtime").toString());
        for (String f : List.of("java.flags", "start.bash")) Files.copy(start.resolve(f), root.resolve(f));
        Path launcher = Files.writeString(root.resolve("gradine"), LAUNCHER);
        if (!launcher.toFile().setExecutable(true)) throw new IOException(launcher + ": cannot be made executable");
    }

    private static List<String> jars() {
        List<String> jars = List.of(System.getProperty("java.class.path").split(":", -1)).stream()
                .filter(j -> !j.isEmpty())
                .toList();
        for (String jar : jars) {
            if (!jar.endsWith(".jar")) {
                throw new IllegalArgumentException("bundle: " + jar + " is on the class path, expected jars alone");
            }
        }
        return jars;
    }

    private static SortedSet<String> modules(List<String> jars) {
        List<String> command = new ArrayList<>(List.of(tool("jdeps"), "--ignore-missing-deps", "--multi-release"));
        command.addAll(List.of(Integer.toString(Runtime.version().feature()), "--print-module-deps", "--class-path"));
        command.add(String.join(":", jars));
        command.addAll(jars);
        SortedSet<String> modules = new TreeSet<>(ALWAYS);
        String last = run(command.toArray(String[]::new)).strip().lines().reduce("", (_, line) -> line);
        modules.addAll(List.of(last.strip().split(",", -1)));
        return modules;
    }

    private static String tool(String name) {
        Path tool = Path.of(System.getProperty("java.home"), "bin", name);
        if (!Files.isExecutable(tool)) {
            throw new IllegalArgumentException("bundle: " + tool + " is missing, expected a whole JDK");
        }
        return tool.toString();
    }

    private static String run(String... command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException("bundle: " + command[0] + " failed: " + output.strip());
            }
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException("bundle: " + command[0] + " cannot be run", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("bundle: interrupted", e);
        }
    }
}
