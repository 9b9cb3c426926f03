"""The description of a guest as libvirt 9.0 keeps and shows it: its order of elements, its units, its quotes."""
import re
import uuid as uuids

from lxml import etree

ORDER = (
    'name uuid genid title description metadata iothreads maxMemory memory currentMemory blkiotune memtune '
    'memoryBacking vcpu vcpus cputune numatune resource sysinfo bootloader os features cpu clock on_poweroff '
    'on_reboot on_crash pm perf devices launchSecurity seclabel'
).split()
BACKING = 'hugepages nosharepages locked source access allocation discard'.split()
KIB = {'b': 1 / 1024, 'bytes': 1 / 1024, 'K': 1, 'KiB': 1, 'k': 1, 'M': 1024, 'MiB': 1024, 'G': 1024**2,
       'GiB': 1024**2, 'T': 1024**3, 'TiB': 1024**3}
DEFAULTS = {
    'on_poweroff': 'destroy',
    'on_reboot': 'restart',
    'on_crash': 'destroy',
}


class Refused(Exception):
    """libvirt says no; the text is what stands behind `error: `."""


def parse(text, validate=False):
    """The element of a description in libvirt's own shape. Throws Refused."""
    try:
        domain = etree.fromstring(text.encode(), etree.XMLParser(remove_blank_text=True, remove_comments=True))
    except etree.XMLSyntaxError as error:
        raise Refused(f'(domain_definition):{error.lineno}: {error.msg.split(", line")[0]}') from error
    strange = [child.tag for child in domain if child.tag not in ORDER]
    if strange and validate:
        schema = '/usr/share/libvirt/schemas/domain.rng'
        raise Refused(f'XML document failed to validate against schema: Unable to validate doc against {schema}\n'
                      f'Element domain has extra content: {strange[0]}\n')
    if not domain.findtext('name'):
        raise Refused('missing name information')
    if domain.find('memory') is None:
        raise Refused("XML error: missing element or attribute './memory[1]'")
    domain.attrib.pop('id', None)
    complete(domain)
    for element in domain.iter('memory', 'currentMemory', 'maxMemory', 'page', 'size'):
        in_kib(element)
    domain[:] = sorted((child for child in domain if child.tag in ORDER), key=lambda child: ORDER.index(child.tag))
    backing = domain.find('memoryBacking')
    if backing is not None:
        backing[:] = sorted((child for child in backing if child.tag in BACKING), key=lambda one: BACKING.index(one.tag))
        refuse_backing(backing)
    return domain


def complete(domain):
    """What libvirt adds where a description says nothing of it."""
    if not domain.findtext('uuid'):
        add(domain, 'uuid', str(uuids.uuid4()))
    if domain.find('currentMemory') is None:
        add(domain, 'currentMemory', domain.findtext('memory'), **domain.find('memory').attrib)
    if domain.find('vcpu') is None:
        add(domain, 'vcpu', '1')
    domain.find('vcpu').set('placement', domain.find('vcpu').get('placement', 'static'))
    if domain.find('clock') is None:
        add(domain, 'clock', None, offset='utc')
    for tag, text in DEFAULTS.items():
        if domain.find(tag) is None:
            add(domain, tag, text)


def add(parent, tag, text, **attributes):
    child = etree.SubElement(parent, tag, **attributes)
    child.text = text


def in_kib(element):
    """<memory> of <numatune> and of devices has no size of its own."""
    page = element.tag == 'page'
    value, unit = element.get('size') if page else element.text, element.get('unit', 'KiB')
    if value is None or not value.strip():
        return
    if not re.fullmatch(r'\s*\d+\s*', value) or unit not in KIB:
        raise Refused(f"XML error: Invalid value '{value}' for element or attribute './{element.tag}[1]'")
    kib = str(int(int(value) * KIB[unit]))
    if not page:
        element.text = kib
        element.attrib['unit'] = 'KiB'
        return
    others = {key: word for key, word in element.attrib.items() if key not in ('size', 'unit')}
    element.attrib.clear()
    element.attrib.update({'size': kib, 'unit': 'KiB', **others})


def refuse_backing(backing):
    """What the driver of QEMU refuses of <memoryBacking>, in its words."""
    if backing.find('hugepages') is None:
        return
    source = backing.find('source')
    allocation = backing.find('allocation')
    if source is not None and source.get('type') == 'anonymous':
        raise Refused('unsupported configuration: hugepages are not allowed with anonymous memory source')
    if allocation is not None and allocation.get('mode') == 'ondemand':
        raise Refused('unsupported configuration: hugepages are not allowed with memory allocation ondemand')


def text_of(domain, number=None, secrets=False):
    """As `virsh dumpxml` shows it; a running guest carries its number."""
    words = ''.join(f" {key}='{escape(value)}'" for key, value in domain.attrib.items())
    if number is not None:
        words += f" id='{number}'"
    return f'<domain{words}>\n' + ''.join(lines(child, 1, secrets) for child in domain) + '</domain>\n'


def lines(element, depth, secrets):
    indent = '  ' * depth
    if element.tag == 'metadata':
        inner = ''.join(foreign(child, depth + 1) for child in element)
        return f'{indent}<metadata>\n{inner}{indent}</metadata>\n'
    hidden = () if secrets else ('passwd', 'passwdValidTo')
    words = ''.join(f" {key}='{escape(value)}'" for key, value in element.attrib.items() if key not in hidden)
    text = (element.text or '').strip()
    if len(element):
        inner = ''.join(lines(child, depth + 1, secrets) for child in element)
        return f'{indent}<{element.tag}{words}>\n{inner}{indent}</{element.tag}>\n'
    if element.tag == 'devices':
        return f'{indent}<devices>\n{indent}</devices>\n'
    return f'{indent}<{element.tag}{words}>{escape(text)}</{element.tag}>\n' if text else f'{indent}<{element.tag}{words}/>\n'


def foreign(element, depth):
    """Metadata of others goes through libxml, which quotes doubly."""
    text = etree.tostring(element, pretty_print=True, encoding='unicode')
    return ''.join(f'{"  " * depth}{line}\n' for line in text.rstrip('\n').split('\n'))


def escape(text):
    return text.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;').replace("'", '&apos;')
