package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A program that was started without the Vector API is told which flag is missing.
class VectorModuleTest {

    /// A program that uses the library.
    static final class Program {

        private Program() {}

        public static void main(String[] args) {
            try {
                CpuKernels.open().close();
                System.out.print("opened");
            } catch (IllegalArgumentException e) {
                System.out.print(e.getMessage());
            }
        }
    }

    private static String run(String... flags) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(flags));
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        command.addAll(List.of("-cp", classPath, Program.class.getName()));
        Process child = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        return new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    @Test
    void without_the_module_the_message_names_the_flag() throws IOException {
        assertThat(run("-Da=b"))
                .isEqualTo("cpu: the module jdk.incubator.vector is missing, expected java --add-modules"
                        + " jdk.incubator.vector");
    }

    @Test
    void with_the_flag_it_opens() throws IOException {
        assertThat(run("--add-modules", "jdk.incubator.vector")).isEqualTo("opened");
    }
}
