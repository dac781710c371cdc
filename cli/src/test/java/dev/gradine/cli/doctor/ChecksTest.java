package dev.gradine.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.cli.doctor.Finding.Weight;
import dev.gradine.tensor.Device;
import dev.gradine.tensor.DeviceOptions;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuDevice;
import dev.gradine.testkit.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a pretended machine is found to be, and what of it is called slow or wrong.
class ChecksTest {

    private static final long GB = 1L << 30;

    @TempDir
    private Path dir = Path.of("");

    private PretendedMachine machine = new PretendedMachine(Path.of(""));

    @BeforeEach
    void pretend() throws IOException {
        machine = PretendedMachine.at(dir);
    }

    @Test
    void memory_without_a_container_is_the_systems() {
        assertThat(MemoryCheck.of(machine.files())).isEqualTo(Finding.fine("memory", "16.0 GB, 12.0 GB free"));
    }

    /// What a driver would answer.
    private record PretendedGpu(String whyMissing, String note) implements Device {
        @Override
        public String name() {
            return "cuda";
        }

        @Override
        public Kernels open(DeviceOptions options) {
            throw new IllegalArgumentException("pretended");
        }
    }

    @Test
    void the_gpu_is_what_its_driver_says() {
        Device cpu = new CpuDevice();
        assertThat(DeviceCheck.of(List.of(cpu, new PretendedGpu("cuda: libcuda.so.1 is not here", ""))))
                .isEqualTo(Finding.fine("gpu", "none: cuda: libcuda.so.1 is not here"));
        assertThat(DeviceCheck.of(List.of(cpu, new PretendedGpu("", ""))))
                .isEqualTo(Finding.fine("gpu", "one is here, for --device cuda"));
        assertThat(DeviceCheck.of(List.of(cpu, new PretendedGpu("", "the kernels are for newer ones"))))
                .isEqualTo(Finding.fine("gpu", "one is here, for --device cuda; the kernels are for newer ones"));
        assertThat(DeviceCheck.of(List.of(cpu)))
                .isEqualTo(Finding.fine("gpu", "none: this build has no kernels for one"));
    }

    @Test
    void the_least_limit_on_the_way_to_the_root_of_version_2_holds() throws IOException {
        machine.sys("fs/cgroup/cgroup.controllers", "memory cpu\n")
                .proc("self/cgroup", "0::/pod/job\n")
                .sys("fs/cgroup/pod/memory.max", String.valueOf(3 * GB))
                .sys("fs/cgroup/pod/job/memory.max", "max\n");
        assertThat(MemoryCheck.of(machine.files()).found())
                .isEqualTo("16.0 GB, 12.0 GB free; this process may have 3.0 GB (cgroup v2)");
    }

    @Test
    void a_path_from_outside_the_container_is_its_root() throws IOException {
        machine.sys("fs/cgroup/cgroup.controllers", "memory\n")
                .proc("self/cgroup", "0::/../../docker/abc\n")
                .sys("fs/cgroup/memory.max", String.valueOf(4 * GB));
        assertThat(new ControlGroup(machine.files()).memory()).hasValue(4 * GB);
    }

    @Test
    void version_1_has_a_folder_for_memory_and_writes_a_huge_number_for_none() throws IOException {
        machine.proc("self/cgroup", "5:memory:/docker/a\n3:cpu,cpuacct:/docker/a\n")
                .sys("fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        assertThat(new ControlGroup(machine.files()).memory()).isEmpty();
        machine.sys("fs/cgroup/memory/docker/a/memory.limit_in_bytes", String.valueOf(GB));
        assertThat(MemoryCheck.of(machine.files()))
                .isEqualTo(Finding.hinders(
                        "memory",
                        "16.0 GB, 12.0 GB free; this process may have 1.0 GB (cgroup v1)",
                        "1.0 GB can be used: train with --batch 1 --gradient-checkpointing and --quantize nf4, or give"
                                + " the container more, such as docker run --memory=8g"));
        machine.sys("fs/cgroup/cpu/docker/a/cpu.cfs_quota_us", "150000\n")
                .sys("fs/cgroup/cpu/docker/a/cpu.cfs_period_us", "100000\n");
        assertThat(new ControlGroup(machine.files()).processors()).hasValue(1.5);
    }

    @Test
    void too_little_memory_prevents_any_run() throws IOException {
        machine.sys("fs/cgroup/cgroup.controllers", "memory\n").sys("fs/cgroup/memory.max", String.valueOf(GB / 4));
        assertThat(MemoryCheck.of(machine.files()).weight()).isEqualTo(Weight.PREVENTS);
    }

    @Test
    void processors_that_share_a_core_are_told() {
        assertThat(CoresCheck.of(machine.files(), 4))
                .isEqualTo(Finding.hinders(
                        "cores",
                        "4 threads on 4 processors, 2 cores of Pretended CPU; load 0.1",
                        "4 threads share the vector units of 2 cores: see whether"
                                + " GRADINE_JAVA_OPTS=-Dgradine.threads=2 is faster"));
        assertThat(CoresCheck.of(machine.files(), 2).weight()).isEqualTo(Weight.FINE);
    }

    @Test
    void a_container_with_less_time_than_threads_and_other_programs_are_told() throws IOException {
        machine.sys("fs/cgroup/cgroup.controllers", "cpu\n")
                .sys("fs/cgroup/cpu.max", "150000 100000\n")
                .proc("loadavg", "3.75 2 1 1/2 3\n");
        Finding cores = CoresCheck.of(machine.files(), 2);
        assertThat(cores.found()).endsWith("; time of 1.5 processors (cgroup); load 3.8");
        assertThat(cores.mend())
                .isEqualTo("2 threads wait for each other, for the container gives the time of 1.5: give it more,"
                        + " such as docker run --cpus=2; other programs are computing (load 3.8): runs and figures"
                        + " are slower meanwhile");
    }

    @Test
    void lists_of_processors_are_read_as_the_kernel_writes_them() {
        assertThat(CoresCheck.list("0-2,5,7-7")).containsExactly(0, 1, 2, 5, 7);
        assertThat(CoresCheck.list("")).isEmpty();
        assertThat(CoresCheck.list("3-x")).isEmpty();
    }

    @Test
    void vectors_narrower_than_the_processors_are_told() throws IOException {
        assertThat(VectorCheck.of(machine.files(), 512))
                .isEqualTo(Finding.fine(
                        "vectors", "512 bits, 16 values of f32 at once; the processor has avx512f avx2 fma avx"));
        assertThat(VectorCheck.of(machine.files(), 256).mend()).contains("-XX:UseAVX=3");
        machine.proc("cpuinfo", "Features\t: fp asimd\n");
        assertThat(VectorCheck.of(machine.files(), 128).weight()).isEqualTo(Weight.FINE);
        machine.proc("cpuinfo", "flags\t: sse2 avx\n");
        assertThat(VectorCheck.of(machine.files(), 128).weight()).isEqualTo(Weight.HINDERS);
    }

    @Test
    void a_system_that_tells_nothing_is_no_fault() {
        SystemFiles nothing = new SystemFiles(dir.resolve("no"), dir.resolve("no"));
        for (Finding f : List.of(MemoryCheck.of(nothing), CoresCheck.of(nothing, 4), VectorCheck.of(nothing, 128))) {
            assertThat(f.weight()).as(f.toString()).isEqualTo(Weight.FINE);
        }
    }

    @Test
    void a_disk_is_measured_and_left_as_it_was() throws IOException {
        Path folder = Files.createDirectory(dir.resolve("disk"));
        Finding disk = DiskCheck.of(folder, 1);
        assertThat(disk.found())
                .startsWith(folder + " (")
                .matches(".*: [0-9.]+ GB free; a file of 1 MB written at \\d+ MB/s, read back at \\d+ MB/s");
        assertThat(folder).isEmptyDirectory();
        Finding gone = DiskCheck.of(dir.resolve("gone"), 1);
        assertThat(gone.mend()).isEqualTo("no run can write here: work in another folder");
    }

    @Test
    void flags_that_are_missing_or_slow_are_told() {
        List<String> ours = new ArrayList<>(JvmCheck.NEEDED);
        ours.addAll(List.of("-XX:+UseSerialGC", "-Dstdout.encoding=UTF-8", "-Xms32m"));
        assertThat(JvmCheck.flags(ours)).isEqualTo(Finding.fine("flags", "those of java.flags"));
        ours.add("-Xmx4g");
        assertThat(JvmCheck.flags(ours)).isEqualTo(Finding.fine("flags", "those of java.flags, and -Xmx4g"));
        ours.add("-Xint");
        assertThat(JvmCheck.flags(ours).mend()).isEqualTo("-Xint keeps kernels from being compiled: leave it out");
        assertThat(JvmCheck.flags(List.of()).mend())
                .startsWith("kernels are many times slower without -XX:-ClipInlining")
                .endsWith("start by ./gradine, or with java @.mvn/java.flags");
    }

    @Test
    void the_flags_called_needed_are_those_of_the_file() throws IOException {
        Path file = Golden.repository().resolve(".mvn/java.flags");
        List<String> lines = Files.readAllLines(file);
        assertThat(lines).containsAll(JvmCheck.NEEDED);
        assertThat(JvmCheck.flags(lines.stream().filter(l -> l.startsWith("-")).toList()))
                .isEqualTo(Finding.fine("flags", "those of java.flags"));
    }

    @Test
    void a_locale_without_utf_8_and_a_variable_nobody_reads_are_told() {
        assertThat(Surroundings.locale(Map.of("LANG", "C"), "ANSI_X3.4-1968"))
                .isEqualTo(Finding.hinders(
                        "locale",
                        "ANSI_X3.4-1968 for arguments and paths (LANG=C)",
                        "texts and paths that are not ASCII cannot be given: set LC_ALL=C.UTF-8"));
        assertThat(Surroundings.locale(Map.of(), "UTF-8").found())
                .isEqualTo("UTF-8 for arguments and paths (no variable is set)");
        assertThat(Surroundings.variables(Map.of("GRADINE_JVM_OPTS", "-Xmx1g", "PATH", "/bin")))
                .isEqualTo(Finding.hinders(
                        "variables",
                        "GRADINE_JVM_OPTS=-Xmx1g",
                        "nothing reads GRADINE_JVM_OPTS: known are GRADINE_JAVA, GRADINE_JAVA_OPTS, GRADINE_DEBUG"));
        assertThat(Surroundings.variables(Map.of("GRADINE_DEBUG", "1")).weight())
                .isEqualTo(Weight.FINE);
    }
}
