package dev.gradine.arch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The launcher's decisions, taken over a pretended repository whose JDK and Maven are three-line scripts.
class LauncherTest {

    /// Runs a command with its output in one file and its errors in another. What filters the errors may end after the
    /// program, and the JDK reads nothing of a process that has ended; `cat` reads to the end.
    private static final String TO_THE_END = """
            out=$1 err=$2; shift 2
            { "$@" >"$out"; } 2>&1 | cat >"$err"
            exit "${PIPESTATUS[0]}"
            """;

    private record Outcome(int code, String out, String err) {}

    private static final Path BASH = Path.of("/bin/bash");

    @TempDir
    private Path dir = Path.of("");

    @BeforeEach
    void pretend_a_repository() throws IOException {
        assumeTrue(Files.exists(BASH), "no bash here");
        Path root = Repository.here().root();
        for (String file : List.of("gradine", ".ci/tests.bash", ".mvn/java.flags", ".mvn/start.bash")) {
            write("repo/" + file, Files.readString(root.resolve(file)));
        }
        for (String file : List.of("pom.xml", "cli/pom.xml", "nn/pom.xml", "jmh/pom.xml")) write("repo/" + file, "");
        write("repo/nn/src/main/java/Linear.java", "");
        write("repo/nn/src/main/java/Rope.java", "");
        write("repo/jmh/src/main/java/Bench.java", "");
        jdk("jdk25", "25.0.3");
        script("bin/mvn", """
                echo "mvn $* with $JAVA_HOME" >>"%s/mvn.log"
                mkdir -p cli/target/fast/lib && touch cli/target/fast/lib/nn-1.jar cli/target/fast/cli-1.jar
                """.formatted(dir));
    }

    @Test
    void builds_once_and_starts_main_with_the_users_arguments() throws Exception {
        Outcome first = gradine("lora", "a b", "--rank=8");
        assertThat(first.code()).isZero();
        assertThat(first.err()).isEqualTo("gradine: building (first start, about a minute)\n");
        assertThat(first.out()).contains("nn-1.jar").endsWith("dev.gradine.cli.Main|lora|a b|--rank=8|\n");
        assertThat(gradine("lora").err()).isEmpty();
        assertThat(builds())
                .containsExactly("mvn -B -Dstyle.color=never -q -Dfast -pl cli -am package with " + dir + "/jdk25");
    }

    @Test
    void builds_again_when_a_file_is_edited_added_or_removed() throws Exception {
        gradine();
        Path linear = write("repo/nn/src/main/java/Linear.java", "record Linear() {}");
        assertThat(gradine().err()).isEqualTo("gradine: building (sources changed)\n");
        write("repo/nn/src/main/java/Added.java", "");
        assertThat(gradine().err()).isEqualTo("gradine: building (sources changed)\n");
        Files.delete(linear);
        assertThat(gradine().err()).isEqualTo("gradine: building (sources changed)\n");
        assertThat(gradine().err()).isEmpty();
    }

    @Test
    void leaves_tests_and_benchmarks_out_of_the_decision() throws Exception {
        gradine();
        write("repo/jmh/src/main/java/Bench.java", "record Bench() {}");
        write("repo/nn/src/test/java/LinearTest.java", "");
        gradine();
        assertThat(builds()).hasSize(1);
    }

    @Test
    void forgets_the_jar_of_a_module_that_is_gone() throws Exception {
        gradine();
        write("repo/cli/target/fast/lib/renamed-1.jar", "");
        write("repo/nn/src/main/java/Linear.java", "record Linear() {}");
        assertThat(gradine().out()).contains("nn-1.jar").doesNotContain("renamed");
    }

    @Test
    void a_failed_build_is_code_1_and_is_tried_again() throws Exception {
        script("bin/mvn", "echo fault; exit 7");
        assertThat(gradine()).isEqualTo(new Outcome(1, "", """
                gradine: building (first start, about a minute)
                fault
                gradine: the build failed
                """));
        assertThat(gradine().code()).isEqualTo(1);
    }

    @Test
    void hands_the_programs_exit_code_on() throws Exception {
        script("jdk25/bin/java", "exit 42");
        assertThat(gradine("chat").code()).isEqualTo(42);
    }

    @Test
    void a_locale_that_knows_ascii_alone_gives_way_to_utf_8() throws Exception {
        script("jdk25/bin/java", "echo \"${LC_ALL:-}|${LANG:-}\"");
        gradine();
        String jdk = "GRADINE_JAVA=" + dir + "/jdk25";
        for (String none : List.of("LC_ALL=C", "LC_ALL=POSIX", "LC_CTYPE=C", "LANG=POSIX", "LANG=xx_XX.UTF-8", "A=B")) {
            assertThat(run(List.of(none, jdk), "chat").out()).as(none).matches("(C|en_US)\\.(UTF-8|utf8)\\|.*\n");
        }
        assertThat(run(List.of("LANG=C.UTF-8", jdk), "chat").out()).isEqualTo("|C.UTF-8\n");
        assertThat(run(List.of("LC_ALL=C.UTF-8", jdk), "chat").out()).isEqualTo("C.UTF-8|\n");
    }

    @Test
    void the_announcement_of_an_incubator_module_is_left_out_and_nothing_else() throws Exception {
        gradine();
        script("jdk25/bin/java", """
                echo 'WARNING: Using incubator modules: jdk.incubator.vector' >&2
                echo 'WARNING: Using incubator modules: another' >&2
                echo out
                echo later >&9
                printf 'no end of line' >&2
                exit 7
                """);
        Outcome outcome = gradine("chat", "x");
        assertThat(outcome.code()).isEqualTo(7);
        assertThat(outcome.out()).isEqualTo("out\n");
        assertThat(outcome.err())
                .contains("later\n")
                .contains("WARNING: Using incubator modules: another\nno end of line")
                .doesNotContain("vector");
    }

    @Test
    void main_is_told_where_the_true_stderr_is_and_how_it_was_called() throws Exception {
        assertThat(gradine("chat").out()).contains("|-Dgradine.command=" + dir + "/repo/gradine|-Dgradine.stderr=9|");
        Files.createSymbolicLink(dir.resolve("bin/gradine"), dir.resolve("repo/gradine"));
        assertThat(dir.resolve("repo/gradine").toFile().setExecutable(true)).isTrue();
        Outcome fromPath = process(dir, List.of("env", "GRADINE_JAVA=" + dir + "/jdk25", "gradine", "chat"));
        assertThat(fromPath.out()).contains("|-Dgradine.command=gradine|");
    }

    @Test
    void a_heap_below_the_one_a_start_takes_is_one_line() throws Exception {
        String jdk = "GRADINE_JAVA=" + dir + "/jdk25";
        for (String small : List.of("-Xmx8m", "-Xmx1024k", "-Xmx8388608")) {
            assertThat(run(List.of("GRADINE_JAVA_OPTS=-Da=b " + small, jdk), "chat"))
                    .isEqualTo(new Outcome(
                            2, "", "gradine: " + small + " is too small a heap, expected at least -Xmx32m\n"));
        }
        assertThat(run(List.of("GRADINE_JAVA_OPTS=-Xmx1g", jdk), "chat").out()).contains("|-Xmx1g|");
    }

    @Test
    void a_jdk_asked_for_by_name_is_used_or_refused() throws Exception {
        jdk("jdk17", "17.0.15");
        assertThat(run("GRADINE_JAVA=" + dir + "/jdk17").err())
                .isEqualTo("gradine: GRADINE_JAVA is " + dir
                        + "/jdk17, expected the home or the bin/java of a JDK 25 or newer\n");
        assertThat(run("GRADINE_JAVA=" + dir + "/jdk17").code()).isEqualTo(2);
        Files.createSymbolicLink(dir.resolve("java"), dir.resolve("jdk25/bin/java"));
        assertThat(run("GRADINE_JAVA=" + dir + "/java").code()).isZero();
    }

    @Test
    void an_old_java_home_is_passed_over_for_a_new_java_on_the_path() throws Exception {
        jdk("jdk9", "9");
        jdk("jdk26", "26-ea");
        Files.createSymbolicLink(dir.resolve("bin/java"), dir.resolve("jdk26/bin/java"));
        assertThat(run("JAVA_HOME=" + dir + "/jdk9").code()).isZero();
        assertThat(builds()).allSatisfy(b -> assertThat(b).endsWith("/jdk26"));
    }

    @Test
    void starts_through_a_link_and_from_any_folder() throws Exception {
        Files.createDirectories(dir.resolve("elsewhere"));
        Files.createSymbolicLink(dir.resolve("elsewhere/g"), Path.of("../repo/gradine"));
        script("jdk25/bin/java", "pwd");
        Outcome outcome = process(
                dir.resolve("elsewhere"), List.of("env", "GRADINE_JAVA=" + dir + "/jdk25", "bash", "./g", "chat"));
        assertThat(outcome)
                .isEqualTo(new Outcome(0, dir + "/elsewhere\n", "gradine: building (first start, about a minute)\n"));
    }

    @Test
    void bench_knows_where_the_checkout_keeps_results_and_leaves_the_peer_alone() throws Exception {
        Outcome outcome = gradine("bench", "--only", "gemm");
        assertThat(outcome.out())
                .contains("-Dgradine.results=" + dir + "/repo/jmh/results|")
                .endsWith("|dev.gradine.cli.Main|bench|--only|gemm|\n");
        assertThat(builds()).hasSize(1);
        assertThat(gradine("sft").out()).doesNotContain("gradine.results");
    }

    @Test
    void bench_with_a_peer_builds_it_and_puts_it_on_the_class_path() throws Exception {
        assumeTrue(System.getProperty("os.arch").equals("amd64"), "libtorch for another platform");
        gradine();
        script("bin/mvn", """
                echo "mvn $*" >>"%s/mvn.log"
                mkdir -p jmh/target/fast/peer && touch jmh/target/fast/jmh-1.jar jmh/target/fast/peer/pytorch.jar
                """.formatted(dir));
        Outcome outcome = gradine("bench", "--peer");
        assertThat(outcome.out())
                .contains("/jmh/target/fast/jmh-1.jar:" + dir + "/repo/jmh/target/fast/peer/pytorch.jar|")
                .endsWith("|dev.gradine.cli.Main|bench|--peer|\n");
        assertThat(builds().getLast())
                .isEqualTo(
                        "mvn -B -Dstyle.color=never -q -Dfast -Ppeer -Dpeer.platform=linux-x86_64 -pl jmh -am package");
        assertThat(gradine("bench").out()).doesNotContain("pytorch");
    }

    @Test
    void a_peer_that_cannot_be_had_is_one_line() throws Exception {
        assumeTrue(System.getProperty("os.arch").equals("amd64"), "libtorch for another platform");
        gradine();
        script("bin/mvn", "echo 'could not transfer artifact'; echo more; exit 1");
        Outcome outcome = gradine("bench", "--peer");
        Path log = dir.resolve("repo/jmh/target/peer.log");
        assertThat(outcome).isEqualTo(new Outcome(1, "", """
                gradine: building the peer, libtorch (110 MB to download the first time)
                gradine: bench --peer: libtorch could not be downloaded or built, %s says why
                """.formatted(log)));
        assertThat(log).content().startsWith("could not transfer artifact\n");
    }

    @Test
    void run_starts_a_source_file_over_the_same_class_path() throws Exception {
        write("Tape.java", "void main() {}");
        Outcome outcome = gradine("run", dir + "/Tape.java", "a b");
        assertThat(outcome.out()).contains("nn-1.jar").endsWith("|" + dir + "/Tape.java|a b|\n");
        assertThat(outcome.out()).doesNotContain("Main").contains("@" + dir + "/repo/.mvn/java.flags|");
    }

    @Test
    void run_refuses_what_is_no_source_file() throws Exception {
        gradine();
        assertThat(gradine("run"))
                .isEqualTo(new Outcome(2, "", "gradine: run: the program is missing, expected a .java file\n"));
        assertThat(gradine("run", "a.jar").err())
                .isEqualTo("gradine: run: the program is a.jar, expected a .java file\n");
        assertThat(gradine("run", "gone.java").err()).isEqualTo("gradine: run: gone.java cannot be read\n");
    }

    @Test
    void test_adds_up_the_reports_of_this_run_only() throws Exception {
        write("repo/nn/target/surefire-reports/TEST-Old.xml", report(100, 0, 0, 0));
        reports(0, report(5, 1, 1, 1), report(7, 0, 0, 0));
        Outcome outcome = gradine("test", "-pl", "nn");
        assertThat(outcome.out())
                .isEqualTo("mvn -B -Dstyle.color=never verify -pl nn\n9 passed, 2 failed, 1 skipped\n");
        assertThat(outcome.code()).isEqualTo(1);
    }

    @Test
    void test_ends_with_the_code_of_maven() throws Exception {
        reports(0, report(5, 0, 1, 0));
        assertThat(gradine("test").code()).isZero();
        reports(3, report(5, 0, 0, 0));
        assertThat(gradine("test").code()).isEqualTo(3);
    }

    @Test
    void test_fails_where_no_test_ran() throws Exception {
        reports(0);
        Outcome outcome = gradine("test");
        assertThat(outcome.code()).isEqualTo(1);
        assertThat(outcome.err()).isEqualTo("gradine: no test ran\n");
        assertThat(outcome.out()).endsWith("\n0 passed, 0 failed, 0 skipped\n");
    }

    private static String report(int tests, int errors, int skipped, int failures) {
        return """
                <?xml version="1.0" encoding="UTF-8"?>
                <testsuite name="ATest" time="0.1" tests="%d" errors="%d" skipped="%d" failures="%d">
                  <property name="x" value=' tests="50"'/>
                </testsuite>
                """.formatted(tests, errors, skipped, failures);
    }

    /// A Maven that leaves these reports and ends with `code`.
    private void reports(int code, String... reports) throws IOException {
        StringBuilder mvn = new StringBuilder("echo mvn $*\nmkdir -p nn/target/surefire-reports\n");
        for (int i = 0; i < reports.length; i++) {
            write("report" + i, reports[i]);
            mvn.append("cp '%s/report%d' nn/target/surefire-reports/TEST-%d.xml\n".formatted(dir, i, i));
        }
        script("bin/mvn", mvn + "exit " + code);
    }

    private List<String> builds() throws IOException {
        return Files.readAllLines(dir.resolve("mvn.log"));
    }

    private void jdk(String name, String version) throws IOException {
        write(name + "/release", "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        script(name + "/bin/javac", "exit 1");
        script(name + "/bin/java", "printf '%s|' \"$@\"; echo");
    }

    private Outcome gradine(String... args) throws Exception {
        return run("GRADINE_JAVA=" + dir + "/jdk25", args);
    }

    private Outcome run(String environment, String... args) throws Exception {
        return run(List.of(environment), args);
    }

    private Outcome run(List<String> environment, String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of("env"));
        command.addAll(environment);
        command.addAll(List.of("bash", dir + "/repo/gradine"));
        command.addAll(List.of(args));
        return process(dir, command);
    }

    private Outcome process(Path workingFolder, List<String> command) throws Exception {
        Path out = dir.resolve("out");
        Path err = dir.resolve("err");
        List<String> all =
                new ArrayList<>(List.of("bash", "-c", TO_THE_END, "process", out.toString(), err.toString()));
        all.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(all).directory(workingFolder.toFile());
        builder.environment()
                .keySet()
                .removeIf(name -> name.startsWith("GRADINE_")
                        || name.startsWith("LC_")
                        || List.of("JAVA_HOME", "LANG").contains(name));
        builder.environment().put("PATH", dir + "/bin:/usr/bin:/bin");
        Process process = builder.start();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("ends in time").isTrue();
        return new Outcome(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    private Path write(String name, String text) throws IOException {
        Path file = dir.resolve(name);
        Files.createDirectories(file.resolveSibling("."));
        return Files.writeString(file, text);
    }

    private void script(String name, String body) throws IOException {
        Path file = write(name, "#!/bin/bash\n" + body);
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }
}
