package io.netpol.observe.console;

import java.util.HashMap;
import java.util.Map;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.modelmbean.InvalidTargetObjectTypeException;
import javax.management.modelmbean.ModelMBean;
import javax.management.modelmbean.ModelMBeanInfo;
import javax.management.modelmbean.RequiredModelMBean;
import org.apache.camel.CamelContext;
import org.apache.camel.api.management.ManagedInstance;
import org.apache.camel.api.management.ManagedResource;
import org.apache.camel.api.management.NotificationSenderAware;
import org.apache.camel.support.management.DefaultManagementMBeanAssembler;
import org.apache.camel.support.management.MixinRequiredModelMBean;
import org.apache.camel.support.management.NotificationSenderAdapter;

/**
 * Makes Camel's MBeans with one description of attributes and operations for each class.
 *
 * <p>Camel makes a description for each MBean, one for each step of each route: 12 MB of heap, and
 * a fifth of the CPU of a start. Thread-safe.
 */
public final class SharedMBeanInfo extends DefaultManagementMBeanAssembler {

  private final Map<Class<?>, ModelMBeanInfo> infos = new HashMap<>();

  /** Creates the assembler of a context. */
  public SharedMBeanInfo(CamelContext context) {
    super(context);
  }

  @Override
  public ModelMBean assemble(MBeanServer server, Object object, ObjectName name)
      throws JMException {
    if (object instanceof ManagedInstance managed && hasOwnAttributes(managed.getInstance())) {
      return super.assemble(server, object, name);
    }
    ModelMBeanInfo info = info(object, name);
    if (info == null) {
      return null;
    }
    Boolean mask = camelContext.getManagementStrategy().getManagementAgent().getMask();
    RequiredModelMBean bean =
        new MixinRequiredModelMBean(info, Boolean.TRUE.equals(mask), null, null);
    try {
      bean.setManagedResource(object, "ObjectReference");
    } catch (InvalidTargetObjectTypeException e) {
      throw new JMException(e.getMessage());
    }
    if (object instanceof NotificationSenderAware sender) {
      sender.setNotificationSender(new NotificationSenderAdapter(bean));
    }
    return bean;
  }

  private static boolean hasOwnAttributes(Object instance) {
    return instance != null && instance.getClass().isAnnotationPresent(ManagedResource.class);
  }

  private synchronized ModelMBeanInfo info(Object object, ObjectName name) throws JMException {
    ModelMBeanInfo known = infos.get(object.getClass());
    if (known == null) {
      known = assembler.getMBeanInfo(camelContext, object, null, name.toString());
      if (known != null) {
        infos.put(object.getClass(), known);
      }
    }
    return known;
  }
}
