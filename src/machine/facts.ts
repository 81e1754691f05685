/** What was found out about a computer, as plain data; nothing here reads. Sizes are in bytes. */

export interface ProgramFacts {
  readonly sightline: string;
  readonly onnxRuntime?: string;
  readonly node: string;
  /** Such as "linux-x64". */
  readonly platform: string;
  readonly glibc?: string;
}

export interface ProcessorFacts {
  readonly model: string;
  readonly arch: string;
  /** Cores of the machine. */
  readonly nCores: number;
  /** What this process may use of them; a container's quota can be a fraction. */
  readonly usableCores: number;
  /** Instruction sets that matter for matrix products; absent where they cannot be read. */
  readonly simd?: readonly string[];
}

export interface MemoryFacts {
  readonly totalBytes: number;
  readonly availableBytes: number;
  readonly swapTotalBytes?: number;
  readonly swapUsedBytes?: number;
}

export interface GraphicsFacts {
  /** File of the Vulkan loader, which WebGPU needs. */
  readonly vulkanLoader?: string;
  /** File names of the Vulkan drivers' manifests. */
  readonly vulkanDrivers: readonly string[];
  /** Version of NVIDIA's kernel module. */
  readonly nvidiaDriver?: string;
  readonly nvidiaAdapters: readonly NvidiaAdapter[];
}

export interface NvidiaAdapter {
  readonly name: string;
  readonly totalBytes: number;
  readonly freeBytes: number;
}

export interface CudaFacts {
  /** Folder of a provider that can be used. */
  readonly providerFolder?: string;
  /** Libraries that the provider asks for and nobody has, such as "libcudart.so.13". */
  readonly missingLibraries: readonly string[];
  /** Why the provider cannot be used. */
  readonly problem?: string;
}
